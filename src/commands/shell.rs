//! `completions` and `man`: what a shell and a manual reader want.

use super::{App, Exit};
use crate::args::{Cli, Completions};
use clap::CommandFactory;

/// Prints completions for a shell.
pub fn completions(app: &App, args: &Completions) -> Exit {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "splitbrain", &mut out);
    app.say(&String::from_utf8_lossy(&out));
    Exit::Held
}

/// Prints the manual page.
pub fn man(app: &App) -> Exit {
    let mut out = Vec::new();
    match clap_mangen::Man::new(Cli::command()).render(&mut out) {
        Ok(()) => {
            app.say(&String::from_utf8_lossy(&out));
            Exit::Held
        }
        Err(e) => app.complain(&e.to_string()),
    }
}
