//! Files that nobody would write: nothing panics, and every answer is short.

use crate::errors::bad;
use crate::reads::{BLOCKED, DEPOSED, FLAPPING, HOLDER, SOAK, SPLIT, VERBS};
use crate::words::Catalogue;
use scenarios::format::{limits, read};
use sim_core::Rng;

const FILES: [&str; 7] = [DEPOSED, FLAPPING, HOLDER, BLOCKED, SPLIT, SOAK, VERBS];

/// Pieces that mean something somewhere.
const PIECES: [&str; 24] = [
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    ".",
    "..",
    "\n",
    "\\u0000",
    "\u{feff}",
    "é|",
    "9223372036854775807",
    "-1",
    "nan",
    "1e308",
    "0s",
    "forever",
    "n1 | rest",
    "[[faults]]\n",
    "every = \"1ns\"\n",
];

/// A file with a few bytes turned, cut out, or taken from elsewhere.
fn mutated(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = FILES[rng.index(FILES.len())].as_bytes().to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.index(bytes.len() + 1).min(bytes.len());
        match rng.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            1 => bytes.truncate(at),
            2 => {
                let end = (at + rng.index(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let other = FILES[rng.index(FILES.len())].as_bytes();
                let from = rng.index(other.len());
                let to = (from + rng.index(80)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            4 => {
                let piece = PIECES[rng.index(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            _ => {
                // A digit becomes another, so that the file stays well formed and its numbers go
                // wrong.
                let digits: Vec<usize> =
                    (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    bytes[digits[rng.index(digits.len())]] = b'0' + rng.below(10) as u8;
                }
            }
        }
    }
    bytes
}

#[test]
fn no_mutant_of_a_file_panics() {
    let mut rng = Rng::named(2, 3);
    let (mut read_well, mut wrong) = (0, 0);
    for _ in 0..20_000 {
        match read(&mutated(&mut rng), "mutant.toml", &Catalogue) {
            Ok(_) => read_well += 1,
            Err(problems) => {
                wrong += 1;
                assert!(!problems.problems.is_empty());
                assert!(problems.problems.len() <= limits::PROBLEMS);
                assert!(problems.render(false).len() < 100_000);
            }
        }
    }
    // Neither trivially broken nor untouched.
    assert!(read_well > 500 && wrong > 5_000, "{read_well} read, {wrong} wrong");
}

#[test]
fn noise_never_panics() {
    let mut rng = Rng::named(5, 8);
    for _ in 0..2_000 {
        let length = rng.index(200);
        let bytes: Vec<u8> = (0..length).map(|_| rng.bits() as u8).collect();
        if let Err(problems) = read(&bytes, "noise.toml", &Catalogue) {
            problems.render(true);
        }
    }
}

/// Repeats a line with its number until the file is as large as it may be.
fn flood(head: &str, line: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_string();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() + tail.len() > limits::FILE {
            break;
        }
        text.push_str(&line);
    }
    text + tail
}

/// Files as large as they may be, each with as much of one thing as fits.
pub fn floods() -> Vec<String> {
    let head = "title = \"T\"\nprotocol = \"raft\"\nnodes = 5\nduration = \"20s\"\n";
    let faults = format!("{head}[[faults]]\nat = \"1s\"\n");
    let nest = "[".repeat(500_000);
    vec![
        flood("", |n| format!("{n}=0\n"), ""),
        flood(&format!("{head}[network]\n"), |n| format!("{n}=0\n"), ""),
        flood(&format!("{head}[raft]\n"), |n| format!("{n}=0\n"), ""),
        flood(&format!("{head}[clients]\n"), |n| format!("{n}=0\n"), ""),
        flood(&format!("{head}[expect.each]\n"), |n| format!("{n}=0\n"), ""),
        flood(&faults, |n| format!("{n}=0\n"), ""),
        flood(head, |_| "[[faults]]\n".into(), ""),
        flood(&format!("{faults}pause = \""), |n| format!("x{n} "), "\"\n"),
        flood(&format!("{faults}cut = \""), |n| format!("n{n} | "), "\"\n"),
        flood(&format!("{head}[expect]\nholds = ["), |n| format!("\"{n}\","), "]\n"),
        flood(&format!("{head}protocols = ["), |_| "\"raft\",".into(), "]\n"),
        flood("a = 'b", |_| "\n".into(), ""),
        format!("x = {nest}"),
        format!("{head}{} = 1\n", "k".repeat(1_000_000)),
        format!("{head}claim = \"{}\" x\n", "é".repeat(500_000)),
        flood("", |_| "a.".into(), "b = 1"),
    ]
}

#[test]
pub fn floods_are_answered_shortly() {
    for text in floods() {
        let problems = bad(text.as_bytes());
        let shown = problems.render(false);
        assert!(shown.len() < 40_000, "{} bytes: {}", shown.len(), &shown[..200]);
    }
}
