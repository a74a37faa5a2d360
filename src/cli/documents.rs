//! The man pages and shell completions, from the definitions behind `--help`.

use clap_complete::Shell;

use super::args::{EXAMPLE, EXIT_CODES};
use super::{command, quorum};

const NAME: &str = "auth-tarball-from-git";

/// What a man page has and `--help` has no room for.
const FURTHER: [(&str, &str); 3] = [
    (
        "ENVIRONMENT",
        "http_proxy, https_proxy, all_proxy, no_proxy: proxies for http and https.\n\
         SSL_CERT_FILE: a file of certificates to trust beside the system's.\n\
         NETRC: a file of logins in the place of ~/.netrc.\n\
         PATH: where ssh is found, for ssh URLs; nothing else is started.",
    ),
    ("FILES", "~/.netrc: logins for https; for http they must be in the URL."),
    ("SEE ALSO", "git-archive(1), git-tag(1), sqv(1), makepkg(8)"),
];

/// Each document with its path in the project.
///
/// # Errors
/// Where the generators fail, which they do not on memory.
pub fn documents() -> std::io::Result<Vec<(String, String)>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command().after_help(clap::builder::Resettable::Reset)).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for (title, text) in [("EXIT STATUS", EXIT_CODES), ("EXAMPLES", EXAMPLE)].iter().chain(&FURTHER) {
        let lines: Vec<String> =
            text.lines().map(|line| line.trim().replace('\\', "\\\\").replace('-', "\\-")).collect();
        page.push_str(&format!(".SH \"{title}\"\n.nf\n{}\n.fi\n", lines.join("\n")));
    }
    let mut documents = vec![(format!("man/{NAME}.1"), page), (format!("man/{}.1", quorum::NAME), quorum::man_page()?)];
    for (name, mut command) in [(NAME, command()), (quorum::NAME, quorum::command())] {
        for (shell, file) in [
            (Shell::Bash, format!("{name}.bash")),
            (Shell::Zsh, format!("_{name}")),
            (Shell::Fish, format!("{name}.fish")),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, name, &mut script);
            documents.push((format!("completions/{file}"), String::from_utf8_lossy(&script).into_owned()));
        }
    }
    Ok(documents)
}
