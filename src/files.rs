//! Files that the command writes: each at once, whole, or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Writes a file by way of a temporary one beside it, so that no reader ever sees half of it.
///
/// # Errors
///
/// When the folder or the file cannot be written; the message names it.
pub fn write_whole(path: &Path, text: &[u8]) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("cannot write {}: {e}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let temporary = path.with_file_name(format!(".{}.new", name.unwrap_or_default()));
    let mut file = fs::File::create(&temporary).map_err(failed)?;
    file.write_all(text).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)
}
