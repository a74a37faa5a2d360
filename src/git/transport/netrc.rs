//! Logins in a netrc file, in curl's grammar (its `lib/netrc.c`).
//!
//! Words stand between blanks and line ends, or in double quotes with `\n`, `\r`, `\t` and `\` before any other character; a
//! quote ends on its line. `machine NAME` or `default` begins an entry; `login`, `password` and `account` take the next word.
//! `macdef` takes everything up to an empty line. A line that begins with `#` is a comment.
//!
//! Here, too, as in other readers of such files: `#` where a keyword may stand begins a comment. What is not understood is left
//! out with a warning, which never shows a value: it may be a password.

use crate::limits;

/// What goes into the Authorization header.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

/// What the file has for one machine, or for all others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// `None` for `default`.
    machine: Option<Vec<u8>>,
    login: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
}

/// The entries in their order, and what is left out, in words for people.
pub fn parse(text: &[u8]) -> (Vec<Entry>, Vec<String>) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = Reader { entries: Vec::new(), left_out: Vec::new(), line: 0, wants: Wants::Keyword };
    for line in text.split(|byte| *byte == b'\n') {
        reader.line += 1;
        reader.read_line(line);
    }
    if reader.left_out.len() > limits::NETRC_WARNINGS {
        let more = reader.left_out.len() - limits::NETRC_WARNINGS;
        reader.left_out.truncate(limits::NETRC_WARNINGS);
        reader.left_out.push(format!("{more} more words are left out"));
    }
    (reader.entries, reader.left_out)
}

/// The first entry for the host, or for that user on it, that says who logs in.
pub fn find(entries: &[Entry], host: &str, user: Option<&[u8]>) -> Option<Login> {
    let host = host.trim_start_matches('[').trim_end_matches(']').as_bytes();
    let is_for_host = |entry: &&Entry| match &entry.machine {
        Some(machine) => machine.eq_ignore_ascii_case(host),
        None => true,
    };
    entries.iter().filter(is_for_host).find_map(|entry| {
        let login = match (entry.login.as_deref(), user) {
            (Some(login), Some(user)) if login != user => return None,
            // A password that no login stands beside is for the user of the URL.
            (None, Some(_)) if entry.password.is_none() => return None,
            (None, Some(user)) => user,
            (login, _) => login?,
        };
        // An empty name would be refused even where nobody has to log in.
        let password = entry.password.clone().unwrap_or_default();
        (!login.is_empty()).then(|| Login { user: login.to_vec(), password })
    })
}

/// What the next word is.
#[derive(Clone, Copy)]
enum Wants {
    Keyword,
    Machine,
    Login,
    Password,
    /// Nothing that is needed here.
    Account,
    /// The lines of a macro, up to an empty one.
    Macro,
}

struct Reader {
    entries: Vec<Entry>,
    left_out: Vec<String>,
    line: usize,
    wants: Wants,
}

impl Reader {
    fn read_line(&mut self, line: &[u8]) {
        let mut rest = line.trim_ascii();
        if let Wants::Macro = self.wants {
            if rest.is_empty() {
                self.wants = Wants::Keyword;
            }
            return;
        }
        if rest.first() == Some(&b'#') {
            return;
        }
        while !rest.is_empty() {
            let is_quoted = rest.first() == Some(&b'"');
            let Some((word, after)) = take_word(rest) else {
                return self.leave_out_quote();
            };
            rest = after.trim_ascii_start();
            if let (Wants::Keyword, false, Some(b'#')) = (self.wants, is_quoted, word.first()) {
                return;
            }
            self.read_word(word);
            if let Wants::Macro = self.wants {
                return;
            }
        }
    }

    fn read_word(&mut self, word: Vec<u8>) {
        let wants = std::mem::replace(&mut self.wants, Wants::Keyword);
        let entry = self.entries.last_mut();
        match (wants, entry) {
            (Wants::Machine, _) => self.entries.push(Entry { machine: Some(word), ..Entry::default() }),
            (Wants::Login, Some(entry)) => entry.login = Some(word),
            (Wants::Password, Some(entry)) => entry.password = Some(word),
            (Wants::Login | Wants::Password, None) => self.leave_out("a word stands before the first machine"),
            (Wants::Account | Wants::Macro, _) => {}
            (Wants::Keyword, _) => self.read_keyword(&word),
        }
    }

    fn read_keyword(&mut self, word: &[u8]) {
        match word.to_ascii_lowercase().as_slice() {
            b"machine" => self.wants = Wants::Machine,
            b"default" => self.entries.push(Entry::default()),
            b"login" => self.wants = Wants::Login,
            b"password" => self.wants = Wants::Password,
            b"account" => self.wants = Wants::Account,
            b"macdef" => self.wants = Wants::Macro,
            _ => self.leave_out("a word that is not known is left out"),
        }
    }

    /// A machine that is not known is nobody's, and an entry without its login or password is no entry.
    fn leave_out_quote(&mut self) {
        match std::mem::replace(&mut self.wants, Wants::Keyword) {
            Wants::Machine => self.entries.push(Entry { machine: Some(Vec::new()), ..Entry::default() }),
            Wants::Login | Wants::Password => drop(self.entries.pop()),
            Wants::Keyword | Wants::Account | Wants::Macro => {}
        }
        self.leave_out("a quote does not end on its line");
    }

    fn leave_out(&mut self, what: &str) {
        self.left_out.push(format!("line {}: {what}", self.line));
    }
}

/// The next word, and what stands behind it; `None` for a quote without an end.
fn take_word(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return Some((word.to_vec(), rest));
    };
    let mut word = Vec::new();
    let mut bytes = quoted.iter();
    loop {
        match bytes.next()? {
            b'"' => return Some((word, bytes.as_slice())),
            b'\\' => word.push(match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => *other,
            }),
            other => word.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{find, parse};

    /// `user:password` for the host, and how many warnings there are.
    fn look_up(text: &str, user: Option<&str>) -> (Option<String>, usize) {
        let (entries, left_out) = parse(text.as_bytes());
        let login = find(&entries, "example.org", user.map(str::as_bytes));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (login.map(|login| format!("{}:{}", text(&login.user), text(&login.password))), left_out.len())
    }

    #[test]
    fn logins_in_the_grammar_of_curl() {
        for (text, login, warnings) in [
            ("machine example.org login a password b", Some("a:b"), 0),
            ("MACHINE EXAMPLE.ORG Login a Password b", Some("a:b"), 0),
            ("machine example.org\r\n\tlogin a\r\n\tpassword b\r\n", Some("a:b"), 0),
            ("machine example.org password b login a", Some("a:b"), 0),
            ("machine other login x password y\nmachine example.org login a password b", Some("a:b"), 0),
            ("machine example.org login a password b\nmachine example.org login x password y", Some("a:b"), 0),
            ("default login a password b", Some("a:b"), 0),
            ("machine other login x password y default login a password b", Some("a:b"), 0),
            ("\u{feff}machine example.org login a password b", Some("a:b"), 0),
            ("# mine\n  # too\nmachine example.org login a password b # work", Some("a:b"), 0),
            ("machine example.org # login x\nlogin a password b", Some("a:b"), 0),
            ("machine example.org login a password #x", Some("a:#x"), 0),
            ("machine example.org login a password b#c", Some("a:b#c"), 0),
            ("machine example.org login \"a b\" password \"\\\"\\\\\\n\\tc\"", Some("a b:\"\\\n\tc"), 0),
            ("machine example.org login a password \"\"", Some("a:"), 0),
            ("machine example.org login a password b\"c", Some("a:b\"c"), 0),
            ("machine example.org login a account c password b", Some("a:b"), 0),
            ("machine example.org port 443 login a password b protocol https", Some("a:b"), 4),
            (
                "macdef init\nmachine example.org login x password y\n\nmachine example.org login a password b",
                Some("a:b"),
                0,
            ),
            ("machine example.org login a password b\nmacdef init\nbinary\n", Some("a:b"), 0),
            ("machine example.org login a macdef init\npassword x\n\npassword b", Some("a:b"), 0),
            // A login alone has an empty password; nothing else is made up.
            ("machine example.org login a", Some("a:"), 0),
            ("machine example.org", None, 0),
            ("machine example.org password b", None, 0),
            ("machine example.org login \"\" password b", None, 0),
            ("machine example.org default login a password b", Some("a:b"), 0),
            ("machine example.org login", None, 0),
            ("machine", None, 0),
            ("login a password b", None, 2),
            ("machine example.org login a password \"b\nmachine example.org login c password d", Some("c:d"), 1),
            ("machine other login x password y\nmachine \"b\nlogin a password b\ndefault login c", Some("c:"), 1),
            ("", None, 0),
        ] {
            assert_eq!(look_up(text, None), (login.map(str::to_owned), warnings), "{text:?}");
        }
    }

    #[test]
    fn the_user_of_the_url_chooses_the_entry() {
        for (text, login) in [
            ("machine example.org login a password b machine example.org login me password c", Some("me:c")),
            ("machine example.org login a password b", None),
            ("machine example.org password b", Some("me:b")),
            ("machine example.org", None),
            ("default login me password b", Some("me:b")),
        ] {
            assert_eq!(look_up(text, Some("me")).0, login.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn warnings_show_no_words_of_the_file() {
        let (_, left_out) = parse(b"machine example.org login a passwrd s3cr3t \"s3cr3t");
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        assert!(left_out.iter().all(|text| !text.contains("s3cr3t") && !text.contains("passwrd")), "{left_out:?}");
        let (_, left_out) = parse("x ".repeat(1000).as_bytes());
        assert_eq!(left_out.len(), crate::limits::NETRC_WARNINGS + 1);
    }
}
