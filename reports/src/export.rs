//! A run in the forms of other tools: one file a form, and the table of them all.
//!
//! Whole runs go to tools that show runs; of a sequence diagram nobody reads thirty thousand lines, so those have the
//! steps that matter, as the story of a failure has them.

mod graphviz;
mod jepsen;
mod mermaid;
mod perfetto;
mod shiviz;
mod svg;
mod tale;

use sim_core::outcome::Outcome;
use sim_core::summary::Breach;
use sim_core::trace::Trace;

/// A form that a run can be written in.
pub struct Form {
    /// Its name, as one asks for it.
    pub name: &'static str,
    /// What it is, and what reads it.
    pub about: &'static str,
    /// The run in it.
    pub write: fn(&Shown<'_>) -> String,
}

/// A run that is to be shown. The trace has what clients saw.
pub struct Shown<'a> {
    /// What it is a run of, in words.
    pub title: &'a str,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The run.
    pub trace: &'a Trace,
    /// What broke, or nothing in particular.
    pub breach: &'a Breach,
}

/// Every form.
pub const FORMS: [Form; 8] = [
    Form {
        name: "story",
        about: "how what broke came about, in words and characters",
        write: story,
    },
    Form {
        name: "jepsen-edn",
        about: "what clients saw, a map of EDN a line: for Jepsen, Knossos and Elle",
        write: jepsen::edn,
    },
    Form { name: "jepsen-json", about: "the same as one array of JSON", write: jepsen::json },
    Form {
        name: "shiviz",
        about: "every step with its vector clock: for ShiViz, with the expression that reads it in the first line",
        write: shiviz::write,
    },
    Form {
        name: "perfetto",
        about: "every step and message as a Chrome trace: for Perfetto and chrome://tracing",
        write: perfetto::write,
    },
    Form {
        name: "mermaid",
        about: "the steps that matter as a sequence diagram of Mermaid, for Markdown",
        write: mermaid::write,
    },
    Form {
        name: "svg",
        about: "the steps that matter as a drawn sequence diagram",
        write: svg::write,
    },
    Form {
        name: "graphviz",
        about: "which of the steps that matter could know of which, as a graph of DOT",
        write: graphviz::write,
    },
];

fn story(shown: &Shown<'_>) -> String {
    match shown.breach.property.is_empty() {
        true => format!("{}: nothing broke\n", shown.title),
        false => crate::story::tale(shown.breach, "", shown.trace, crate::Colour::Never),
    }
}

/// The form of this name.
pub fn form(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.name == name)
}
