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
    // Two shares of a campaign may write to one folder: each has a temporary file of its own.
    let (name, id) = (name.unwrap_or_default(), std::process::id());
    let temporary = path.with_file_name(format!(".{name}.{id}.new"));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(e) = written {
        // Half of it may be there; that it cannot be taken away is no worse.
        let _ = fs::remove_file(&temporary);
        return Err(failed(e));
    }
    // The name must last, too. Where folders cannot be opened, nothing more can be done for it.
    let folder = folder.unwrap_or(Path::new("."));
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
