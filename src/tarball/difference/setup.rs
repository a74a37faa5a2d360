//! A setup.cfg as setuptools writes it into an sdist: the commit's, read and written again, with the block `[egg_info]`.
//!
//! It follows `edit_config` of setuptools and `RawConfigParser` of Python. The tarball's file is not parsed: it has to be, byte
//! for byte, what this makes of the commit's.

/// A section, and its options: each has lines.
type Section = (String, Vec<(String, Vec<String>)>);

/// Whether `found` is what setuptools makes of the commit's file, which is empty if there is none.
pub fn is_written_by_setuptools(commits: &[u8], found: &[u8]) -> bool {
    let sections = std::str::from_utf8(commits).ok().and_then(read);
    sections.is_some_and(|mut sections| {
        set(&mut sections, "egg_info", "tag_build", "");
        set(&mut sections, "egg_info", "tag_date", "0");
        write(&sections).as_bytes() == found
    })
}

/// `None` for what Python refuses, and for `[DEFAULT]`, which counts everywhere.
fn read(text: &str) -> Option<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut indent = 0;
    // Whether a line further in belongs to an option.
    let mut in_option = false;
    for line in text.lines() {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            continue;
        }
        let last = sections.last_mut().and_then(|(_, options)| options.last_mut()).filter(|_| in_option);
        let depth = line.chars().take_while(|c| c.is_whitespace()).count();
        match last {
            Some((_, lines)) if value.is_empty() || depth > indent => {
                lines.push(value.to_owned());
                continue;
            }
            _ if value.is_empty() => continue,
            _ => indent = depth,
        }
        if let Some(name) = value.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name) {
            if name.is_empty() || name == "DEFAULT" || sections.iter().any(|(known, _)| known == name) {
                return None;
            }
            sections.push((name.to_owned(), Vec::new()));
            in_option = false;
            continue;
        }
        let (_, options) = sections.last_mut()?;
        let (name, value) = value.split_at(value.find(['=', ':'])?);
        let name = name.trim_end();
        if name.is_empty() || options.iter().any(|(known, _)| known == name) {
            return None;
        }
        options.push((name.to_owned(), vec![value[1..].trim().to_owned()]));
        in_option = true;
    }
    Some(sections)
}

fn set(sections: &mut Vec<Section>, section: &str, option: &str, value: &str) {
    let at = sections.iter().position(|(name, _)| name == section).unwrap_or_else(|| {
        sections.push((section.to_owned(), Vec::new()));
        sections.len() - 1
    });
    let options = &mut sections[at].1;
    let lines = vec![value.to_owned()];
    match options.iter_mut().find(|(name, _)| name == option) {
        Some((_, old)) => *old = lines,
        None => options.push((option.to_owned(), lines)),
    }
}

fn write(sections: &[Section]) -> String {
    let mut out = String::new();
    for (name, options) in sections {
        out += &format!("[{name}]\n");
        for (name, lines) in options {
            let value = lines.join("\n");
            out += &format!("{name} = {}\n", value.trim_end().replace('\n', "\n\t"));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_written_by_setuptools;

    #[test]
    fn a_file_that_setuptools_wrote() {
        let block = "[egg_info]\ntag_build = \ntag_date = 0\n\n";
        assert!(is_written_by_setuptools(b"", block.as_bytes()));
        let commits = "# comment\n[metadata]\nname=x\nclassifiers =\n    A\n\n    B\n\n[options]\nzip_safe: False\n";
        let written =
            format!("[metadata]\nname = x\nclassifiers = \n\tA\n\t\n\tB\n\n[options]\nzip_safe = False\n\n{block}");
        assert!(is_written_by_setuptools(commits.as_bytes(), written.as_bytes()));
        for other in
            [written.replace("False", "True"), written.replace("[options]\n", "[options]\ncmd = x\n"), String::new()]
        {
            assert!(!is_written_by_setuptools(commits.as_bytes(), other.as_bytes()), "{other}");
        }
        assert!(!is_written_by_setuptools(b"[DEFAULT]\na=b\n", block.as_bytes()));
    }
}
