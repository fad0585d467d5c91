//! What each run measured, gathered while they run and written to a file at the end.

use crate::files::write_whole;
use reports::measures;
use scenarios::measured::of_run;
use sim_core::measured::{Measured, MeasuredRuns};
use sim_core::outcome::Outcome;
use sim_core::summary::Summary;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// Where it goes, and what there is of it.
pub struct Measures<'a> {
    path: &'a Path,
    form: fn(&[MeasuredRuns]) -> String,
    /// The runs that are under way or just were.
    seeds: Mutex<BTreeMap<u64, Vec<Measured>>>,
    all: Vec<MeasuredRuns>,
}

impl<'a> Measures<'a> {
    /// Nothing yet, for this file.
    ///
    /// # Errors
    ///
    /// When its ending names no form.
    pub fn to(path: &'a Path) -> Result<Measures<'a>, String> {
        let form: fn(&[MeasuredRuns]) -> String =
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("csv") => measures::csv,
                Some("md") => measures::markdown,
                Some("json") => measures::json,
                _ => {
                    let path = path.display();
                    return Err(format!("{path}: name a file that ends with .csv, .md or .json"));
                }
            };
        Ok(Measures { path, form, seeds: Mutex::default(), all: Vec::new() })
    }

    /// Takes in one run. Runs end in any order.
    pub fn see(&self, outcome: &Outcome) {
        if let Ok(mut seeds) = self.seeds.lock() {
            seeds.insert(outcome.seed, of_run(outcome));
        }
    }

    /// All that was seen since the last time was this.
    pub fn sum_up(&mut self, summary: &Summary) {
        let seeds = self.seeds.get_mut().map(std::mem::take).unwrap_or_default();
        self.all.push(MeasuredRuns { summary: summary.clone(), seeds });
    }

    /// Writes what there is.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self) -> Result<(), String> {
        write_whole(self.path, (self.form)(&self.all).as_bytes())
    }
}
