//! Colour for a terminal. It is never the only sign: what is coloured also says in words what it is.

use anstyle::{AnsiColor, Style};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// With escape sequences.
    Always,
    /// Plain.
    #[default]
    Never,
}

/// All is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something broke.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Not known, or worth a look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// A name that the eye looks for.
pub(crate) const NAME: Style = Style::new().bold();
/// What supports the rest.
pub(crate) const DIM: Style = Style::new().dimmed();

impl Colour {
    /// The text in this style. Pad before painting: the escape sequences count as characters.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Colour::Always if !text.is_empty() => format!("{style}{text}{style:#}"),
            _ => text.to_owned(),
        }
    }
}
