//! The man page of `auth-tarball-from-git`.

use auth_tarball_from_git::cli::{EXAMPLE, EXIT_CODES, command};

use crate::escape;

/// The program's name.
pub const NAME: &str = "auth-tarball-from-git";

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

/// The man page.
///
/// # Errors
/// Where the generator fails, which it does not on memory.
pub fn man_page() -> std::io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command().after_help(clap::builder::Resettable::Reset)).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for (title, text) in [("EXIT STATUS", EXIT_CODES), ("EXAMPLES", EXAMPLE)].iter().chain(&FURTHER) {
        let lines: Vec<String> = text.lines().map(|line| escape(line.trim())).collect();
        page.push_str(&format!(".SH \"{title}\"\n.nf\n{}\n.fi\n", lines.join("\n")));
    }
    Ok(page)
}
