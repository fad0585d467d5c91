//! What is wrong with a file, and how it is shown: every problem of one reading, with carets.

use super::limits;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde::Serialize;
use std::fmt;
use std::ops::Range;

/// Everything that one reading found wrong with a file, in the order of the file; never empty.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Problems {
    /// What was found, at most [`limits::PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Whether reading stopped because so many had been found.
    #[serde(skip)]
    pub stopped: bool,
    #[serde(skip)]
    text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's path, as it was given.
    pub file: String,
    /// Where, unless the problem is that something is missing from the whole file.
    #[serde(flatten)]
    pub at: Option<Mark>,
    /// What.
    pub message: String,
    /// Another place that it contradicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Mark>,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is there, when there is something to say of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    #[serde(skip)]
    span: Range<usize>,
}

impl Problems {
    /// The problems as text for people, in colour or without.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown = self.problems.iter().map(|problem| problem.render(&self.text, &renderer));
        let mut shown: Vec<String> = shown.collect();
        if self.stopped {
            shown.push(format!("reading stopped after {} problems", self.problems.len()));
        }
        shown.join("\n\n") + "\n"
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

impl Problem {
    fn render(&self, text: &str, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(&self.message);
        let mut group = match &self.at {
            None => title.element(Origin::path(&self.file)),
            Some(mark) => {
                let window = Window::around(text, mark, self.also.as_ref());
                let primary = AnnotationKind::Primary.span(window.span(mark));
                let mut snippet = Snippet::source(window.text)
                    .line_start(window.line)
                    .path(&self.file)
                    .annotation(primary.label(said(mark)));
                if let Some(also) = &self.also {
                    let context = AnnotationKind::Context.span(window.span(also));
                    snippet = snippet.annotation(context.label(said(also)));
                }
                title.element(snippet)
            }
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

fn said(mark: &Mark) -> Option<&str> {
    (!mark.label.is_empty()).then_some(&mark.label)
}

/// The lines of a file that a problem is about, so that showing one costs nothing in a long file.
struct Window<'t> {
    text: &'t str,
    line: usize,
    start: usize,
}

impl<'t> Window<'t> {
    fn around(text: &'t str, mark: &Mark, also: Option<&Mark>) -> Window<'t> {
        let first = also.filter(|also| also.span.start < mark.span.start).unwrap_or(mark);
        let end = also.map_or(mark.span.end, |also| also.span.end.max(mark.span.end));
        let start = text[..first.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
        Window { text: &text[start..end], line: first.line, start }
    }

    fn span(&self, mark: &Mark) -> Range<usize> {
        mark.span.start - self.start..mark.span.end - self.start
    }
}

/// A problem while the file is being read: places are spans of bytes.
#[derive(Debug)]
pub(super) struct Draft {
    message: String,
    at: Option<Range<usize>>,
    also: Option<(Range<usize>, String)>,
    help: Option<String>,
}

impl Draft {
    /// A problem with what stands here.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Draft {
        Draft { message: message.into(), at: Some(span), also: None, help: None }
    }
    /// A problem with the whole file.
    pub(super) fn whole(message: impl Into<String>) -> Draft {
        Draft { message: message.into(), at: None, also: None, help: None }
    }
    /// The same problem, elsewhere.
    pub(super) fn relocate(mut self, span: Range<usize>) -> Draft {
        self.at = Some(span);
        self
    }
    /// What to write instead.
    pub(super) fn help(mut self, help: impl Into<String>) -> Draft {
        self.help = Some(help.into());
        self
    }
    /// The other place that this contradicts.
    pub(super) fn also(mut self, span: Option<Range<usize>>, label: impl Into<String>) -> Draft {
        self.also = span.map(|span| (span, label.into()));
        self
    }
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    drafts: Vec<Draft>,
    stopped: bool,
}

impl Found {
    /// Notes a problem, unless there are enough.
    pub(super) fn say(&mut self, draft: Draft) {
        if self.drafts.len() < limits::PROBLEMS {
            self.drafts.push(draft);
        } else {
            self.stopped = true;
        }
    }
    /// Whether there are so many that reading on tells nobody anything.
    pub(super) fn full(&mut self) -> bool {
        let full = self.drafts.len() >= limits::PROBLEMS;
        self.stopped |= full;
        full
    }
    /// Whether there is nothing wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }
    /// Takes over what another reading of the same file found, but for what is known.
    pub(super) fn take(&mut self, other: Found) {
        for draft in other.drafts {
            if self
                .drafts
                .iter()
                .all(|known| (&known.at, &known.message) != (&draft.at, &draft.message))
            {
                self.say(draft);
            }
        }
    }
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.drafts.len()
    }
    /// What was found in this text, or nothing.
    pub(super) fn finish(self, path: &str, text: &str) -> Option<Problems> {
        if self.drafts.is_empty() {
            return None;
        }
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines: Vec<usize> = newlines.map(|(place, _)| place + 1).collect();
        let mark = |span, label: String| Mark::new(text, &lines, span, label);
        let mut problems: Vec<Problem> = self
            .drafts
            .into_iter()
            .map(|draft| Problem {
                file: path.to_string(),
                at: draft.at.map(|span| mark(span, String::new())),
                message: clip(&draft.message, 300),
                also: draft.also.map(|(span, label)| mark(span, label)),
                help: draft.help.map(|help| clip(&help, 600)),
            })
            .collect();
        problems.sort_by_key(|problem| problem.at.as_ref().map(|mark| mark.span.start));
        Some(Problems { problems, stopped: self.stopped, text: text.to_string() })
    }
}

impl Mark {
    /// The place of a span, of which only the first line is marked. `lines` are the starts of all
    /// but the first.
    fn new(text: &str, lines: &[usize], span: Range<usize>, label: String) -> Mark {
        let boundary = |mut place: usize| {
            place = place.min(text.len());
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            place
        };
        let start = boundary(span.start);
        let line = lines.partition_point(|&first| first <= start);
        let first = if line == 0 { 0 } else { lines[line - 1] };
        let end_of_line = lines.get(line).map_or(text.len(), |next| next - 1);
        let end_of_line = end_of_line - usize::from(text[..end_of_line].ends_with('\r'));
        let end = boundary(span.end).clamp(start, end_of_line.max(start));
        let column = text[first..start].chars().count() + 1;
        Mark { line: line + 1, column, label: clip(&label, 100), span: start..end }
    }
}

/// At most so many characters of a text on one line: names come from the file and may be of any
/// length.
pub(super) fn clip(text: &str, most: usize) -> String {
    let mut clipped: String =
        text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}
