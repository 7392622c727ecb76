//! `tagwell init`: a small working project to begin with.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    Answer,
    exit::{Exit, Failure},
    voice::Voice,
};

/// Make a small working project: rules, data, and a page that says what to type.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell init shop
  tagwell init

Nothing that exists is overwritten.")]
pub(crate) struct Init {
    /// The folder, which is made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Every file of the project, with what is in it.
const FILES: [(&str, &str); 4] = [
    ("shop.rules", include_str!("init/shop.rules")),
    ("users.csv", include_str!("init/users.csv")),
    ("orders.csv", include_str!("init/orders.csv")),
    ("README.md", include_str!("init/README.md")),
];

impl Init {
    /// Makes the files, all or none.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let paths = FILES.map(|(name, text)| (self.folder.join(name), text));
        let existing: Vec<String> = paths
            .iter()
            .filter(|(path, _)| path.symlink_metadata().is_ok())
            .map(|(path, _)| format!("`{}`", path.display()))
            .collect();
        if !existing.is_empty() {
            let exist = if existing.len() == 1 { "exists" } else { "exist" };
            let failure = Failure::new(format!("{} {exist} already; nothing was written", existing.join(", ")));
            return Err(failure.help("choose another folder: `tagwell init shop`"));
        }
        std::fs::create_dir_all(&self.folder)
            .map_err(|error| Failure::file("make the folder", &self.folder.to_string_lossy(), &error))?;
        for (at, (path, text)) in paths.iter().enumerate() {
            if let Err(failure) = create(path, text) {
                paths.iter().take(at).for_each(|(made, _)| drop(std::fs::remove_file(made)));
                return Err(failure);
            }
        }
        for (path, _) in &paths {
            voice.say(&format!("made {}", path.display()));
        }
        voice.say(&format!("\nnow type\n\n  {}", self.next()));
        Ok(Exit::Done)
    }

    fn next(&self) -> String {
        let run = "tagwell run shop.rules --as-of 2026-11-22";
        if self.folder == Path::new(".") { run.to_owned() } else { format!("cd {} && {run}", shell_word(&self.folder)) }
    }
}

/// A folder's name as a shell reads it.
fn shell_word(path: &Path) -> String {
    let name = path.to_string_lossy();
    let plain = name.chars().all(|character| character.is_alphanumeric() || "._/-".contains(character));
    if plain { name.into_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let written =
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::file("write", &path.to_string_lossy(), &error))
}
