//! Where scenarios come from: files, and those that the binary carries.

use protocols::Catalogue;
use scenarios::format::{self, Scenario};
use scenarios::library;
use scenarios::words::Words;
use std::path::Path;

/// A scenario and the text that it was read from.
pub struct Source {
    /// The name of a shipped one, or the path; without the variant.
    pub name: String,
    /// The file, word for word.
    pub text: String,
    /// What it says; one variant of it, if only that was asked for.
    pub scenario: Scenario,
}

/// Finds a scenario by its path, or by its name among those that ship, and reads it.
///
/// # Errors
///
/// Everything that is wrong with it, ready to be shown.
pub fn find(catalogue: Catalogue, what: &str, colour: bool) -> Result<Source, String> {
    let shipped = library::named(what.trim_end_matches(".toml"));
    let path = Path::new(what);
    if let (false, None, Some((file, variant))) = (path.exists(), shipped, what.rsplit_once('@')) {
        return variant_of(catalogue, file, variant, colour);
    }
    let bytes = match (path.is_file(), shipped) {
        (true, _) => read_file(path)?,
        (false, Some(shipped)) => shipped.text.as_bytes().to_vec(),
        (false, None) if path.exists() => {
            return Err(format!("{what} is no file that can be read whole"));
        }
        (false, None) => return Err(unknown(what)),
    };
    read(catalogue, what, &bytes, colour)
}

/// Finds one variant of a scenario.
fn variant_of(
    catalogue: Catalogue,
    file: &str,
    variant: &str,
    colour: bool,
) -> Result<Source, String> {
    let Source { name, text, scenario } = find(catalogue, file, colour)?;
    let variants = scenario.each().iter().filter_map(|one| one.variant.as_ref());
    let names: Vec<String> = variants.map(|variant| variant.name.clone()).collect();
    let called = format!("{name}@{variant}");
    match scenario.called(&called) {
        (_, scenario) if scenario.variant.is_some() => Ok(Source { name, text, scenario }),
        _ if names.is_empty() => Err(format!("{file} has no variants")),
        _ => Err(format!("{file} has no variant `{variant}`; it has {}", names.join(", "))),
    }
}

/// Reads a scenario from a text that is already here. Where the name ends with a variant, it is that alone.
///
/// # Errors
///
/// Everything that is wrong with it, ready to be shown.
pub fn read(
    catalogue: Catalogue,
    name: &str,
    bytes: &[u8],
    colour: bool,
) -> Result<Source, String> {
    let scenario = format::read(bytes, name, &Words::of(catalogue))
        .map_err(|problems| problems.render(colour))?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (name, scenario) = scenario.called(name);
    Ok(Source { name: name.to_owned(), text, scenario })
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
    let length = std::fs::metadata(path).map_err(failed)?.len();
    // One byte more than is allowed is enough to be told that it is too much.
    if length > format::limits::FILE as u64 {
        return Err(format!(
            "{} has {length} bytes; a scenario file has at most {}",
            path.display(),
            format::limits::FILE
        ));
    }
    std::fs::read(path).map_err(failed)
}

fn unknown(what: &str) -> String {
    let near = library::LIBRARY
        .iter()
        .map(|shipped| (distance(what, shipped.name), shipped.name))
        .filter(|(distance, name)| *distance <= 2 + name.len() / 4)
        .min();
    let help = match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => "`splitbrain list scenarios` names those that ship".into(),
    };
    format!("there is no file and no shipped scenario `{what}`; {help}")
}

fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}
