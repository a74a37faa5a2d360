//! The man page and shell completions, from the definition behind `--help`.

use clap_complete::Shell;

use super::command;

const NAME: &str = "auth-tarball-from-git";

/// Each document with its path in the project.
///
/// # Errors
/// Where the generators fail, which they do not on memory.
pub fn documents() -> std::io::Result<Vec<(String, String)>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command()).render(&mut page)?;
    let mut documents = vec![(format!("man/{NAME}.1"), String::from_utf8_lossy(&page).into_owned())];
    for (shell, file) in
        [(Shell::Bash, format!("{NAME}.bash")), (Shell::Zsh, format!("_{NAME}")), (Shell::Fish, format!("{NAME}.fish"))]
    {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command(), NAME, &mut script);
        documents.push((format!("completions/{file}"), String::from_utf8_lossy(&script).into_owned()));
    }
    Ok(documents)
}
