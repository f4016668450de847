//! How long messages take, on real lines and on hostile ones, beside `pulldown-cmark` on the same
//! lines in the same run.
//!
//! `cargo bench --bench markup [-- FOLDER]`: the folder holds IRC logs (`[12:34] <nick> text`);
//! without one it looks in `../shared/data/ubuntu-irc`, and says so where there is none.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use backchannel::markup::{Mode, Unresolved, parse, render, to_plain_text};

const ROUNDS: u32 = 15;

fn main() {
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let folder = folder.unwrap_or_else(|| "../shared/data/ubuntu-irc".to_owned());
    let lines = lines(Path::new(&folder));
    if lines.is_empty() {
        println!("no lines in {folder}; give a folder of IRC logs");
    } else {
        compare(&lines);
    }
    hostile();
}

/// What people typed, without times and names.
fn lines(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let Ok(files) = std::fs::read_dir(folder) else { return lines };
    let mut paths: Vec<_> = files.flatten().map(|file| file.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "txt")) {
        let bytes = std::fs::read(path).unwrap_or_default();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let said = line.starts_with('[').then(|| line.split_once("> ")).flatten();
            let done = line.starts_with('[').then(|| line.split_once("] * ")).flatten();
            lines.extend(said.or(done).map(|(_, text)| text.to_owned()));
        }
    }
    lines
}

fn compare(lines: &[String]) {
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{} lines, {bytes} bytes, best of {ROUNDS} rounds, microseconds a line", lines.len());
    let mut best = [Duration::MAX; 6];
    // Round by round, so that a busy machine is busy for all of them.
    for _ in 0..ROUNDS {
        let runs: [&dyn Fn(&str) -> usize; 6] = [
            &|line| parse(line, Mode::Chat).blocks().len(),
            &|line| pulldown_cmark::Parser::new(line).count(),
            &|line| render(&parse(line, Mode::Chat), &Unresolved).as_str().len(),
            &|line| {
                let mut html = String::new();
                pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(line));
                html.len()
            },
            &|line| render(&parse(line, Mode::Page), &Unresolved).as_str().len(),
            &|line| to_plain_text(&parse(line, Mode::Chat)).len(),
        ];
        for (run, best) in runs.iter().zip(best.iter_mut()) {
            let start = Instant::now();
            let total: usize = lines.iter().map(|line| run(black_box(line))).sum();
            black_box(total);
            *best = (*best).min(start.elapsed());
        }
    }
    let n = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let each = best.map(|time| time.as_secs_f64() * 1e6 / n);
    let [parsed, their_parsed, rendered, their_rendered, page, plain] = each;
    let ratio = parsed / their_parsed;
    println!("parse           {parsed:.3}, pulldown-cmark {their_parsed:.3}, ratio {ratio:.2}");
    let ratio = rendered / their_rendered;
    println!("parse + render  {rendered:.3}, pulldown-cmark {their_rendered:.3}, ratio {ratio:.2}");
    println!("as pages        {page:.3}; parse and plain text {plain:.3}");
}

/// 100 KB each; the bound is 100 ms.
fn hostile() {
    let again = |piece: &str| piece.repeat(100_000 / piece.len());
    let pieces = ["*", "[[[[", "{{{{", " *a", "`a ``b ", "!a", "http://a(", "@a ", ":) ", "|a|b\n"];
    let mut texts: Vec<(String, String)> =
        pieces.iter().map(|piece| (format!("{piece:?}"), again(piece))).collect();
    texts.push(("quotes 10,000 deep".to_owned(), "> ".repeat(10_000) + "x"));
    texts.push(("an unclosed code".to_owned(), "{code}".to_owned() + &again("x ")));
    println!("hostile texts of 100 KB, milliseconds for parse and render, chat and page");
    for (name, text) in texts {
        let times = [Mode::Chat, Mode::Page].map(|mode| {
            let start = Instant::now();
            black_box(render(&parse(&text, mode), &Unresolved));
            start.elapsed().as_secs_f64() * 1e3
        });
        println!("{name:20} {:.2} {:.2}", times[0], times[1]);
    }
}
