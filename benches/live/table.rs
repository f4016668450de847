//! Medians, ratios, the table, and the file with the same in JSON.

use std::path::Path;

use serde_json::json;

use crate::Outcome;

/// One figure: ours and the yardstick's, measured in turns.
pub struct Row {
    /// What is measured.
    pub name: &'static str,
    /// In what.
    pub unit: &'static str,
    /// Of the program under test, one for each round.
    pub ours: Vec<f64>,
    /// What it is held against.
    pub yardstick: &'static str,
    /// Of the yardstick, in the same rounds; empty where there is none.
    pub theirs: Vec<f64>,
    /// What the ratio (or, without a yardstick, the figure) is to be; empty where it only informs.
    pub goal: &'static str,
}

impl Row {
    /// Ours to the yardstick's, each round for itself.
    fn ratios(&self) -> Vec<f64> {
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect()
    }
}

/// Everything that was measured.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub fn print(&self) {
        println!();
        println!("{:46}{:>12}  {:28}{:>10}  ratio", "", "backchannel", "yardstick", "");
        for row in &self.rows {
            let name = format!("{}, {}", row.name, row.unit);
            print!("{name:46}{:>12}", figure(median(&row.ours)));
            let goal = if row.goal.is_empty() { "" } else { "; goal " };
            if row.theirs.is_empty() {
                println!("  {}{goal}{}", row.yardstick, row.goal);
                continue;
            }
            let ratios = row.ratios();
            let (least, most) = (least(&ratios), most(&ratios));
            println!(
                "  {:28}{:>10}  {:.2} ({least:.2} to {most:.2}){goal}{}",
                row.yardstick,
                figure(median(&row.theirs)),
                median(&ratios),
                row.goal
            );
        }
        for note in &self.notes {
            println!("{note}");
        }
    }

    pub fn write(&self, file: &Path) -> Outcome {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name,
                    "unit": row.unit,
                    "backchannel": median(&row.ours),
                    "yardstick": row.yardstick,
                    "yardstick_value": median(&row.theirs),
                    "ratio": median(&row.ratios()),
                    "goal": row.goal,
                    "rounds": row.ours,
                    "yardstick_rounds": row.theirs,
                })
            })
            .collect();
        let all = json!({ "figures": rows, "notes": self.notes });
        std::fs::write(file, serde_json::to_vec_pretty(&all)?)?;
        println!("\nalso in {}", file.display());
        Ok(())
    }
}

/// Three digits are enough.
fn figure(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The value that as many are below as above; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

/// The value that `percent` of a hundred are not above; 0 of nothing.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * percent + 50) / 100).copied().unwrap_or(0.0)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
