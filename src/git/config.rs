//! git's format of configurations, as config.c reads it: `git_parse_source()`, `get_base_var()`, `parse_value()`.
//!
//! A file is read to its end or not at all; what it includes is not looked at.

/// `key = value` below `[section "subsection"]`; section and key in lower case.
pub struct Setting<'a> {
    pub section: &'a [u8],
    pub subsection: Option<&'a [u8]>,
    pub key: &'a [u8],
    /// `None` for a key that stands alone: true.
    pub value: Option<&'a [u8]>,
}

/// Show each setting; the number of the line that git would not understand, if there is one.
pub fn each(bytes: &[u8], show: &mut dyn FnMut(Setting<'_>)) -> Result<(), usize> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = Text { bytes, at: 0, line: 1, is_line_over: false };
    text.settings(show).ok_or(text.line)
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    is_line_over: bool,
}

impl Text<'_> {
    /// A carriage return before a line feed counts as part of it; the end of the file is a line feed.
    fn next(&mut self) -> u8 {
        let mut byte = self.bytes.get(self.at).copied();
        if byte == Some(b'\r') && self.bytes.get(self.at + 1) == Some(&b'\n') {
            self.at += 1;
            byte = Some(b'\n');
        }
        self.at = self.at.saturating_add(1);
        let byte = byte.unwrap_or(b'\n');
        self.line += usize::from(self.is_line_over);
        self.is_line_over = byte == b'\n';
        byte
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn skip_line(&mut self) {
        while self.next() != b'\n' {}
    }

    fn settings(&mut self, show: &mut dyn FnMut(Setting<'_>)) -> Option<()> {
        let (mut section, mut subsection) = (Vec::new(), None);
        while !self.is_at_end() {
            match self.next() {
                byte if is_space(byte) => {}
                b'#' | b';' => self.skip_line(),
                b'[' => (section, subsection) = self.section()?,
                first if first.is_ascii_alphabetic() => {
                    let (key, value) = self.setting(first)?;
                    // Without a section there is no name for it.
                    let section = Some(section.as_slice()).filter(|section| !section.is_empty())?;
                    show(Setting { section, subsection: subsection.as_deref(), key: &key, value: value.as_deref() });
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// `section]`, `section "subsection"]`, and the old `section.subsection]`.
    fn section(&mut self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let mut name = Vec::new();
        loop {
            match self.next() {
                b']' => break,
                byte if byte != b'\n' && is_space(byte) => return Some((name, Some(self.subsection()?))),
                byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') => {
                    name.push(byte.to_ascii_lowercase());
                }
                _ => return None,
            }
        }
        let dot = name.iter().position(|byte| *byte == b'.');
        let subsection = dot.map(|dot| name.split_off(dot).split_off(1));
        Some((name, subsection))
    }

    fn subsection(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.next() {
                b'"' => break,
                byte if byte != b'\n' && is_space(byte) => {}
                _ => return None,
            }
        }
        let mut name = Vec::new();
        loop {
            match self.next() {
                b'\n' => return None,
                b'"' => break,
                b'\\' => name.push(Some(self.next()).filter(|byte| *byte != b'\n')?),
                byte => name.push(byte),
            }
        }
        (self.next() == b']').then_some(name)
    }

    fn setting(&mut self, first: u8) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let mut key = vec![first.to_ascii_lowercase()];
        let mut after = self.next();
        while after.is_ascii_alphanumeric() || after == b'-' {
            key.push(after.to_ascii_lowercase());
            after = self.next();
        }
        while matches!(after, b' ' | b'\t') {
            after = self.next();
        }
        match after {
            b'\n' => Some((key, None)),
            b'=' => Some((key, Some(self.value()?))),
            _ => None,
        }
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        let (mut value, mut is_quoted) = (Vec::new(), false);
        // Blanks at the end do not count.
        let mut length = 0;
        loop {
            let byte = self.next();
            match byte {
                b'\n' if is_quoted => return None,
                b'\n' => break,
                b'#' | b';' if !is_quoted => {
                    self.skip_line();
                    break;
                }
                b'"' => is_quoted = !is_quoted,
                b'\\' => match self.next() {
                    b'\n' => continue,
                    b't' => value.push(b'\t'),
                    b'b' => value.push(8),
                    b'n' => value.push(b'\n'),
                    escaped @ (b'\\' | b'"') => value.push(escaped),
                    _ => return None,
                },
                blank if !is_quoted && is_space(blank) => {
                    if !value.is_empty() {
                        value.push(blank);
                    }
                    continue;
                }
                byte => value.push(byte),
            }
            length = value.len();
        }
        value.truncate(length);
        Some(value)
    }
}

/// git's `isspace`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::each;

    fn read(text: &str) -> Result<Vec<String>, usize> {
        let mut settings = Vec::new();
        each(text.as_bytes(), &mut |setting| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let subsection = setting.subsection.map(|name| format!(".{}", text(name))).unwrap_or_default();
            let value = setting.value.map(|value| format!("={}", text(value))).unwrap_or_default();
            settings.push(format!("{}{subsection}.{}{value}", text(setting.section), text(setting.key)));
        })
        .map(|()| settings)
    }

    /// What `git config --list` makes of the same texts.
    #[test]
    fn settings_are_read_as_git_reads_them() {
        for (text, settings) in [
            ("", vec![]),
            ("\u{feff}[core]\n\tbare = true\n", vec!["core.bare=true"]),
            ("[core]bare=true", vec!["core.bare=true"]),
            ("[CoRe]\r\nBare = TRUE \r\n", vec!["core.bare=TRUE"]),
            ("# a\n; b\n[a]\nb\nc = # d\n", vec!["a.b", "a.c="]),
            ("[a \"B \\\" ]\\\\\"]\nc = d # e\n", vec!["a.B \" ]\\.c=d"]),
            ("[a.B]\nc = d ; e\n", vec!["a.b.c=d"]),
            ("[a]\nb = \" c \" d  \\\n e\\t\\\"\n", vec!["a.b= c  d   e\t\""]),
            ("[a]\nb = c \\\n\n[d]\ne", vec!["a.b=c", "d.e"]),
            ("[a] b = 1\n[a \"\"] c = 2", vec!["a.b=1", "a..c=2"]),
        ] {
            assert_eq!(read(text), Ok(settings.into_iter().map(str::to_owned).collect()), "{text:?}");
        }
    }

    #[test]
    fn what_git_does_not_understand_is_refused_with_its_line() {
        for (text, line) in [
            ("a = b\n", 1),
            ("[a\n", 1),
            ("[a]\nb c\n", 2),
            ("[a]\n1 = 2\n", 2),
            ("[a]\nb = \"c\n", 2),
            ("[a]\nb = \\x\n", 2),
            ("[a \"b\n\"]\n", 1),
            ("[a \"b\" ]\n", 1),
            ("[a_b]\n", 1),
        ] {
            assert_eq!(read(text), Err(line), "{text:?}");
        }
    }
}
