//! What people say, made up: words as frequent as in any language (Zipf), some that like to stand
//! together, now and then an address, a name of a file, code.
//!
//! **Invariant:** the same seed says the same.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Words that there are.
const N_WORDS: usize = 120_000;
/// Pairs of words that like to stand together.
const N_PAIRS: usize = 4_000;
/// Places in the table that words are drawn from, each as likely as any other.
const N_PLACES: usize = 1 << 22;
/// Bytes that a message has at most: replies quote it whole.
const LONGEST: usize = 118;

/// A language.
pub struct Words {
    words: Vec<String>,
    places: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

impl Words {
    pub fn new(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut words = Vec::with_capacity(N_WORDS);
        let mut known = std::collections::HashSet::new();
        while words.len() < N_WORDS {
            let word = word(&mut dice, words.len());
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        // The n-th word is as frequent as 1/(n + 2.7): Mandelbrot's form of Zipf's law.
        let weights = || (0..N_WORDS).map(|n| 1.0 / (as_float(n) + 2.7));
        let all: f64 = weights().sum();
        let mut places = Vec::with_capacity(N_PLACES);
        let (mut sum, mut n_words) = (0.0, 0_u32);
        for weight in weights() {
            sum += weight;
            while as_float(places.len()) < sum / all * as_float(N_PLACES) {
                places.push(n_words);
            }
            n_words += 1;
        }
        places.resize(N_PLACES, 0);
        let mut draw = || places[dice.random_range(0..N_PLACES)];
        let pairs = (0..N_PAIRS).map(|_| (draw(), draw())).collect();
        Self { words, places, pairs }
    }

    /// The n-th most frequent word.
    pub fn ranked(&self, n: usize) -> &str {
        &self.words[n.min(N_WORDS - 1)]
    }

    /// Any word, the frequent ones more often.
    pub fn any(&self, dice: &mut StdRng) -> &str {
        self.ranked(self.places[dice.random_range(0..N_PLACES)] as usize)
    }

    /// Two words that like to stand together.
    pub fn pair(&self, dice: &mut StdRng) -> (&str, &str) {
        let (first, second) = self.pairs[dice.random_range(0..N_PAIRS)];
        (self.ranked(first as usize), self.ranked(second as usize))
    }

    /// A message.
    pub fn say(&self, dice: &mut StdRng) -> String {
        let n_words = 3 + (dice.random_range(0..12) + dice.random_range(0..12));
        let mut said = String::with_capacity(LONGEST);
        for _ in 0..n_words {
            let next = match dice.random_range(0..1000) {
                0..3 => format!("https://{}.example/{}", self.any(dice), self.any(dice)),
                3..6 => format!("{}_{}.rs", self.any(dice), self.any(dice)),
                6..9 => format!("{{{{{}}}}}", self.any(dice)),
                9..12 => format!("v{}.{}", dice.random_range(0..9), dice.random_range(0..40)),
                12..112 => {
                    let (first, second) = self.pair(dice);
                    format!("{first} {second}")
                }
                _ => self.any(dice).to_owned(),
            };
            if said.len() + next.len() + 1 > LONGEST {
                break;
            }
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(&next);
        }
        said
    }
}

/// Frequent words are short.
fn word(dice: &mut StdRng, rank: usize) -> String {
    const ONSETS: [&str; 18] = [
        "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "ch",
    ];
    const NUCLEI: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "ou", "y"];
    const CODAS: [&str; 8] = ["", "", "n", "r", "s", "t", "l", "ck"];
    let n_syllables = match rank {
        0..400 => 1,
        400..8000 => 2,
        _ => 3,
    };
    let mut word = String::new();
    for _ in 0..n_syllables {
        word.push_str(ONSETS[dice.random_range(0..ONSETS.len())]);
        word.push_str(NUCLEI[dice.random_range(0..NUCLEI.len())]);
        word.push_str(CODAS[dice.random_range(0..CODAS.len())]);
    }
    word
}

pub fn as_float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
