//! What `faults.c` does to a server, as verbs: cut its power, fill its disk, let its syncs fail,
//! move its clock, kill it at a step.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::process::{self, Server};

/// What a disk writes at once, or not at all.
const SECTOR: usize = 512;
const FILES: [&str; 2] = ["wiki.db", "wiki.db-wal"];
/// Numbers in the page that is shared; as in `faults.c`.
const CLOCK: u64 = 0;
const SPACE: u64 = 1;
const SYNC_FAILS: u64 = 2;
const N_REFUSED: u64 = 3;
const N_FAILED: u64 = 4;
const N_SYNCS: u64 = 5;
const SYNC_TAKES: u64 = 6;
const MAD_CLOCK: u64 = 7;
const LAST_STEP: u64 = 8;

/// The faults of one server.
pub struct Faults {
    folder: PathBuf,
    page: File,
}

impl Faults {
    /// A server that nothing is wrong with yet; `more` goes into its environment.
    pub fn start(more: &[(&str, &str)]) -> (Self, Server) {
        let folder = process::folder();
        let (faults, mut surroundings) = Self::beside(folder.path());
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        surroundings.extend(more);
        (faults, Server::start_in(folder, surroundings))
    }

    /// The same of whatever runs on the file in this folder with these variables in its environment.
    pub fn beside(folder: &Path) -> (Self, Vec<(String, OsString)>) {
        let (control, journal) = (folder.join("control"), folder.join("journal"));
        let page = OpenOptions::new().read(true).write(true).create_new(true).open(&control);
        let faults = Self { folder: folder.into(), page: page.unwrap() };
        faults.page.set_len(4096).unwrap();
        faults.set(SPACE, -1);
        let surroundings = vec![
            ("LD_PRELOAD".into(), library().into()),
            ("FAULTS_CONTROL".into(), control.into()),
            ("FAULTS_JOURNAL".into(), journal.into()),
        ];
        (faults, surroundings)
    }

    fn set(&self, number: u64, value: i64) {
        self.page.write_all_at(&value.to_ne_bytes(), number * 8).unwrap();
    }

    fn get(&self, number: u64) -> i64 {
        let mut bytes = [0; 8];
        self.page.read_exact_at(&mut bytes, number * 8).unwrap();
        i64::from_ne_bytes(bytes)
    }

    /// The server's clock is so far from the machine's.
    pub fn shift_clock(&self, seconds: i64) {
        self.set(CLOCK, seconds * 1_000_000_000);
    }

    /// The disk is full but for so many bytes.
    pub fn fill_disk(&self, left: i64) {
        self.set(SPACE, left);
    }

    /// There is space again.
    pub fn empty_disk(&self) {
        self.set(SPACE, -1);
    }

    /// Syncs fail from now on, or work again.
    pub fn let_syncs_fail(&self, fail: bool) {
        self.set(SYNC_FAILS, i64::from(fail));
    }

    /// Each sync takes so long, as on a disk that is not memory.
    pub fn slow_syncs(&self, takes: Duration) {
        self.set(SYNC_TAKES, i64::from(takes.subsec_nanos()));
    }

    /// SIGKILL, right before the so-manyth change or sync of the file from here on.
    pub fn kill_at(&self, step: i64) {
        self.set(LAST_STEP, step);
    }

    /// Makes the hub's or the writer's thread panic; `None`: no other any more.
    pub fn let_panic(&self, thread: Option<&str>) {
        self.set(MAD_CLOCK, thread.map_or(0, |thread| if thread == "hub" { 1 } else { 2 }));
    }

    /// Writes that found no space so far.
    pub fn n_refused(&self) -> i64 {
        self.get(N_REFUSED)
    }

    /// Syncs that failed so far.
    pub fn n_failed(&self) -> i64 {
        self.get(N_FAILED)
    }

    /// Syncs that did not.
    pub fn n_syncs(&self) -> i64 {
        self.get(N_SYNCS)
    }

    /// The power goes: the server ends where it stands, and of what was never synced each sector
    /// has any of the states that it went through. How many sectors were lost.
    pub fn cut_power(&self, server: &Server, random: &mut StdRng) -> usize {
        server.kill();
        // The index of the log is memory: nothing of it outlives the machine.
        let _ = std::fs::remove_file(self.folder.join("wiki.db-shm"));
        let journal = std::fs::read(self.folder.join("journal")).unwrap();
        let unsynced = unsynced(&journal);
        let keeping = match random.random_range(0..4) {
            0 => Keeping::Nothing,
            1 => Keeping::Beginning,
            _ => Keeping::Some,
        };
        let mut n_lost = 0;
        for (name, records) in FILES.iter().zip(unsynced) {
            let path = self.folder.join(name);
            if records.is_empty() || !path.exists() {
                continue;
            }
            let mut image = std::fs::read(&path).unwrap();
            n_lost += undo(&mut image, &records, keeping, random);
            std::fs::write(&path, image).unwrap();
        }
        n_lost
    }
}

/// What of the unsynced writes stays.
#[derive(Clone, Copy)]
enum Keeping {
    Nothing,
    /// The first ones: the disk did them in order.
    Beginning,
    /// Any, sector by sector: it did not.
    Some,
}

/// A change of a file, and what was there before.
struct Record<'a> {
    at: usize,
    length: usize,
    old_size: usize,
    old: &'a [u8],
}

/// The changes of each file since its last sync.
fn unsynced(journal: &[u8]) -> [Vec<Record<'_>>; 2] {
    let mut unsynced = [Vec::new(), Vec::new()];
    let mut rest = journal;
    while let Some((head, after)) = rest.split_at_checked(48) {
        let number = |n: usize| {
            let bytes = head[n * 8..n * 8 + 8].try_into().unwrap();
            usize::try_from(i64::from_ne_bytes(bytes)).unwrap()
        };
        let file: &mut Vec<_> = &mut unsynced[number(1) - 1];
        // A record that is cut short was noted for a write that never began.
        let Some((old, after)) = after.split_at_checked(number(5)) else { break };
        rest = after;
        match number(0) {
            0 => {
                file.push(Record { at: number(2), length: number(3), old_size: number(4), old });
            }
            _ => file.clear(),
        }
    }
    unsynced
}

/// Brings `image` back to what a disk may have; how many sectors are not as they were written.
fn undo(
    image: &mut Vec<u8>,
    records: &[Record<'_>],
    keeping: Keeping,
    random: &mut StdRng,
) -> usize {
    let n = records.len();
    let beginning = random.random_range(0..=n);
    let mut pick = || match keeping {
        Keeping::Nothing => 0,
        Keeping::Beginning => beginning,
        Keeping::Some => random.random_range(0..=n),
    };
    let n_kept = pick();
    let size = records.get(n_kept).map_or(image.len(), |record| record.old_size);
    let most = records.iter().map(|record| record.old_size).max().unwrap_or(0);
    image.resize(image.len().max(most), 0);
    // How many changes each sector has seen.
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut lost = BTreeSet::new();
    for (turn, record) in records.iter().enumerate().rev() {
        for sector in record.at / SECTOR..(record.at + record.length).div_ceil(SECTOR) {
            if *seen.entry(sector).or_insert_with(&mut pick) > turn {
                continue;
            }
            lost.insert(sector);
            let from = record.at.max(sector * SECTOR);
            let to = (record.at + record.length).min((sector + 1) * SECTOR);
            for at in from..to.min(image.len()) {
                image[at] = record.old.get(at - record.at).copied().unwrap_or(0);
            }
        }
    }
    image.truncate(size);
    lost.len()
}

/// The built library; once a process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/torture/faults.c");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let built = target.join(format!("faults-{}.so", std::process::id()));
        let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        cc.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&built).arg(&source);
        assert!(cc.status().is_ok_and(|status| status.success()), "{cc:?} failed");
        // Into place as a whole: another run of the tests may be loading it.
        let kept = target.join("faults.so");
        std::fs::rename(&built, &kept).unwrap();
        kept
    })
}

#[test]
fn what_was_never_synced_is_lost_in_part_and_what_was_synced_stays() {
    let old: Vec<u8> = vec![1; 2048];
    let mut states = BTreeSet::new();
    for seed in 0..400 {
        let mut random: StdRng = rand::SeedableRng::seed_from_u64(seed);
        // Of 2,048 bytes of ones, 1,024 became twos, then 512 of those threes; then it grew.
        let mut image: Vec<u8> = vec![1; 4096];
        image[512..1536].fill(2);
        image[1024..1536].fill(3);
        image[2048..].fill(4);
        let twos = vec![2; 512];
        let records = [
            Record { at: 512, length: 1024, old_size: 2048, old: &old[512..1536] },
            Record { at: 1024, length: 512, old_size: 2048, old: &twos },
            Record { at: 2048, length: 2048, old_size: 2048, old: &[] },
        ];
        undo(&mut image, &records, Keeping::Some, &mut random);
        assert!(image.len() == 2048 || image.len() == 4096, "{}", image.len());
        assert!(image[..512].iter().chain(&image[1536..2048]).all(|byte| *byte == 1));
        assert!(matches!(image[512], 1 | 2) && matches!(image[1024], 1..=3));
        assert!(image[1024..1536].iter().all(|byte| *byte == image[1024]), "torn within a sector");
        states.insert((image[512], image[1024], image.get(2048).copied()));
    }
    assert!(states.len() > 10, "{states:?}");
}
