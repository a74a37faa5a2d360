//! Tarballs with the content of submodules.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::servers::GitDaemon;
use crate::environment::{Environment, Key, Program, Repository, git, succeed, with_input};
use crate::topics::grades::{listed, paths};

/// A signed repository with two submodules, of which one has another in it.
struct Lab {
    env: Environment,
    key: Key,
    repo: Repository,
    lib: Repository,
    deep: Repository,
    /// The commits that the trees name: of lib, and of deep.
    commits: [String; 2],
}

const NAMES: &str = "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = ../lib.git\n\
                     [submodule \"other\"]\n\tpath = other\n\turl = ./../deep.git/\n";

impl Lab {
    fn new() -> Self {
        Self::with_names(NAMES)
    }

    fn with_names(names: &str) -> Self {
        let env = Environment::new();
        let key = Key::new("Alice <alice@example.org>");
        let [repo, lib, deep] = ["x.git", "lib.git", "deep.git"].map(|name| env.repository(name));
        let deep_commit = deep.commit(&[("deep.c", "int deep;\n"), ("run*", "#!/bin/sh\n")]);
        let lib_commit = lib.commit(&[
            (".gitmodules", "[submodule \"deep\"]\n\tpath = deep\n\turl = ../deep.git\n"),
            (".gitattributes", "id export-subst\ndos eol=crlf\nhidden export-ignore\n"),
            ("deep", &format!("=> {deep_commit}")),
            ("dos", "a\nb\n"),
            ("hidden", "hidden\n"),
            ("id", "$Format:%H$\n"),
            ("lib.c", "int lib;\n"),
            ("link", "-> lib.c"),
        ]);
        let commit = repo.commit(&[
            (".gitmodules", names),
            ("README", "Read me.\n"),
            ("other", &format!("=> {deep_commit}")),
            ("vendor/lib", &format!("=> {lib_commit}")),
            ("z", "last\n"),
        ]);
        repo.sign_tag("v1", &commit, &key);
        Lab { env, key, repo, lib, deep, commits: [lib_commit, deep_commit] }
    }

    fn check(&self, tarball: &Path) -> Program {
        self.env.authenticate(&self.key, "v1", &self.repo.path, tarball)
    }

    /// The archives of all, in the order of `git submodule foreach --recursive`, as `tar --concatenate` puts them together.
    fn concatenated(&self) -> PathBuf {
        let [lib, deep] = &self.commits;
        self.concatenation(&[
            (&self.deep, deep, "x-1/other/"),
            (&self.lib, lib, "x-1/vendor/lib/"),
            (&self.deep, deep, "x-1/vendor/lib/deep/"),
        ])
    }

    fn concatenation(&self, archives: &[(&Repository, &str, &str)]) -> PathBuf {
        let all = self.env.file("all.tar", self.repo.tar("v1", "x-1/"));
        for (repo, revision, prefix) in archives {
            let one = self.env.file("one.tar", repo.tar(revision, prefix));
            let mut command = Command::new("tar");
            command.arg("--concatenate").arg("-f").arg(&all).arg(one);
            succeed(command);
        }
        all
    }

    /// All files in one folder, as a checkout with submodules has them.
    fn unpacked(&self) -> PathBuf {
        let folder = self.env.path("unpacked");
        std::fs::create_dir(&folder).unwrap();
        let mut command = Command::new("tar");
        command.arg("-xpf").arg(self.concatenated()).current_dir(&folder);
        succeed(command);
        folder.join("x-1")
    }

    /// A clone with all submodules.
    fn checkout(&self) -> PathBuf {
        let checkout = self.env.path("checkout");
        let mut clone = git();
        clone.args(["-c", "protocol.file.allow=always", "clone", "-q", "--recurse-submodules"]);
        clone.arg(&self.repo.path).arg(&checkout);
        succeed(clone);
        checkout
    }

    fn packed(&self) -> PathBuf {
        let file = self.env.path("packed.tar");
        let mut command = Command::new("tar");
        command.arg("-cf").arg(&file).arg("x-1").current_dir(self.env.path("unpacked"));
        succeed(command);
        file
    }
}

/// As b4 and others make their tarballs.
#[test]
fn archives_one_behind_the_other_are_authentic() {
    let lab = Lab::new();
    let tarball = lab.concatenated();
    lab.check(&tarball).expect_refused("does not belong there");
    let outcome = lab.check(&tarball).arg("--submodules").expect_authentic();
    for (path, commit) in [("other", 1), ("vendor/lib", 0), ("vendor/lib/deep", 1)] {
        assert!(outcome.err.contains(&format!("  {path} at {}\n", lab.commits[commit])), "{outcome:?}");
    }
    let json = lab.check(&tarball).arg("--submodules").arg("--json").run();
    assert!(
        json.out.contains("\"verdict\": \"authentic\"") && json.out.contains("\"grade\": \"same-tar\""),
        "{json:?}"
    );
    assert!(json.out.contains("\"path\": \"vendor/lib/deep\""), "{json:?}");
    // The archive without them has less than what was asked for.
    let alone = lab.repo.archive("v1", "x-1/", "tar.gz");
    let outcome = lab
        .check(&alone)
        .arg("--submodules")
        .expect_refused("without the content of its submodules: other, vendor/lib");
    assert!(outcome.err.contains("leave --submodules out"), "{outcome:?}");
    lab.check(&alone).expect_authentic();
}

/// A submodule stands before those in it, and these before the next one, whatever their names are.
#[test]
fn the_order_is_that_of_git_submodule_foreach() {
    let lab = Lab::new();
    let [lib, deep] = &lab.commits;
    let names = "[submodule \"a\"]\npath=a\nurl=../lib.git\n[submodule \"b\"]\npath=a-b\nurl=../deep.git\n\
                 [submodule \"c\"]\npath=c/d\nurl=../lib.git\n[submodule \"e\"]\npath=c-d\nurl=../deep.git\n";
    let commit = lab.repo.commit(&[
        (".gitmodules", names),
        ("a", &format!("=> {lib}")),
        ("a-b", &format!("=> {deep}")),
        ("c/d", &format!("=> {lib}")),
        ("c-d", &format!("=> {deep}")),
    ]);
    lab.repo.sign_tag("v1", &commit, &lab.key);
    let checkout = lab.checkout();
    let all = lab.env.file("all.tar", lab.repo.tar("v1", "x-1/"));
    let mut command = git();
    command.args(["submodule", "--quiet", "foreach", "--recursive"]).current_dir(checkout).arg(format!(
        "git archive --prefix=x-1/$displaypath/ HEAD >{0}.one && tar --concatenate -f {0} {0}.one",
        all.display()
    ));
    succeed(command);
    let outcome = lab.check(&all).arg("--submodules").expect_authentic();
    for path in ["a", "a/deep", "a-b", "c-d", "c/d", "c/d/deep"] {
        assert!(outcome.err.contains(&format!("  {path} at ")), "{outcome:?}");
    }
}

#[test]
fn archives_one_behind_the_other_differ_in_any_byte() {
    let lab = Lab::new();
    let tarball = lab.concatenated();
    let good = std::fs::read(&tarball).unwrap();
    let refuse = |bytes: &[u8]| {
        let file = lab.env.file("bad.tar", bytes);
        let outcome = lab.check(&file).arg("--submodules").run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{outcome:?}");
    };
    let used = good.iter().rposition(|byte| *byte != 0).unwrap();
    for at in (0..used).step_by(397).chain([used]) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        refuse(&bad);
    }
    let mut bad = good.clone();
    *bad.last_mut().unwrap() = 1;
    refuse(&bad);
    for cut in [used + 1, used + 1 + (511 - used % 512), 10240, 512] {
        refuse(&good[..cut]);
    }
    refuse(&[&good[..], &good[..]].concat());
    refuse(&[&good[..], b"x"].concat());
    refuse(&[&good[..], &[0; 100 << 10][..]].concat());
}

#[test]
fn another_commit_of_a_submodule_is_refused() {
    let lab = Lab::new();
    let other = lab.deep.commit(&[("deep.c", "int evil;\n")]);
    let [lib, deep] = &lab.commits;
    for archives in [
        [
            (&lab.deep, &other, "x-1/other/"),
            (&lab.lib, lib, "x-1/vendor/lib/"),
            (&lab.deep, deep, "x-1/vendor/lib/deep/"),
        ],
        [
            (&lab.deep, deep, "x-1/other/"),
            (&lab.lib, lib, "x-1/vendor/lib/"),
            (&lab.deep, &other, "x-1/vendor/lib/deep/"),
        ],
    ] {
        let archives = archives.map(|(repo, commit, prefix)| (repo, commit.as_str(), prefix));
        let outcome = lab.check(&lab.concatenation(&archives)).arg("--submodules").expect_refused("deep.c");
        assert!(outcome.err.contains("begins with the tar that git archive writes"), "{outcome:?}");
    }
}

#[test]
fn a_checkout_with_submodules_has_the_same_files() {
    let lab = Lab::new();
    let folder = lab.unpacked();
    let tarball = lab.packed();
    let outcome = lab.check(&tarball).arg("--explain").expect_refused("");
    assert!(outcome.err.contains("below a submodule"), "{outcome:?}");
    let outcome = lab.check(&tarball).arg("--submodules").expect_refused("its grade is same-files");
    assert!(outcome.err.contains("--accept same-files"), "{outcome:?}");
    let outcome = lab.check(&tarball).arg("--submodules").arg("--accept=same-files").expect_authentic();
    assert!(outcome.err.contains(&format!("  vendor/lib at {}\n", lab.commits[0])), "{outcome:?}");

    std::fs::write(folder.join("vendor/lib/lib.c"), "int evil;\n").unwrap();
    std::fs::write(folder.join("vendor/lib/Makefile"), "all:\n").unwrap();
    std::fs::write(folder.join("vendor/lib/hidden"), "hidden\n").unwrap();
    std::fs::remove_file(folder.join("vendor/lib/deep/run")).unwrap();
    let tarball = lab.packed();
    let outcome = lab.check(&tarball).arg("--submodules").arg("--diff").expect_refused("its grade is changed");
    assert_eq!(paths(&listed(&outcome, "changed"))[..1], ["vendor/lib/lib.c"], "{outcome:?}");
    assert_eq!(paths(&listed(&outcome, "missing")), ["vendor/lib/deep/run"], "{outcome:?}");
    assert_eq!(
        paths(&listed(&outcome, "added, and run or included by builds")),
        ["vendor/lib/Makefile"],
        "{outcome:?}"
    );
    assert_eq!(paths(&listed(&outcome, "from the commit, export-ignored")), ["vendor/lib/hidden"], "{outcome:?}");
    assert!(outcome.err.contains("-int lib;") && outcome.err.contains("+int evil;"), "{outcome:?}");
    let allowed = ["--allow-changed=vendor/lib/lib.c", "--allow-missing=**/run", "--allow-added=**/Makefile"];
    let program = allowed.iter().fold(lab.check(&tarball).arg("--submodules"), |program, option| program.arg(option));
    program.arg("--with-ignored").expect_authentic();
}

/// The tool that most projects use for this.
#[test]
fn git_archive_all_has_the_same_files() {
    let lab = Lab::new();
    let checkout = lab.checkout();
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python");
    for name in ["all.tar.gz", "all.zip"] {
        let file = lab.env.path(name);
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-m", "git_archive_all", "--prefix=x-1", "-C"]).arg(&checkout).arg(&file);
        command.env("PYTHONPATH", &tools).env("GIT_CONFIG_GLOBAL", "/dev/null");
        succeed(command);
        lab.check(&file).arg("--submodules").arg("--accept=same-files").expect_authentic();
        lab.check(&file).arg("--accept=same-files").expect_refused("its grade is added");
    }
}

#[test]
fn submodules_come_from_beside_the_repository_on_a_server() {
    let lab = Lab::new();
    let daemon = GitDaemon::start(lab.env.path("").as_path());
    let keyring = lab.env.file("trusted.pgp", lab.key.public());
    let check = |tarball: &Path| {
        let program = lab.env.program().arg("--keyring").arg(&keyring).arg("--tag=v1").arg("--submodules");
        program.arg(daemon.url("x.git")).arg(tarball)
    };
    let outcome = check(&lab.concatenated()).arg("-v").expect_authentic();
    assert!(outcome.err.contains(&format!("submodule vendor/lib: {}", daemon.url("lib.git"))), "{outcome:?}");
    lab.unpacked();
    check(&lab.packed()).arg("--accept=same-files").expect_authentic();
}

#[test]
fn without_the_option_the_submodule_is_named() {
    let lab = Lab::new();
    lab.unpacked();
    let mut tar = lab.repo.tar("v1", "x-1/");
    let end = 512 + tar.iter().rposition(|byte| *byte != 0).unwrap() / 512 * 512;
    tar.truncate(end);
    let file = lab.env.file("more.tar", tar);
    let mut command = Command::new("tar");
    command.arg("-rf").arg(&file).arg("x-1/vendor/lib/lib.c").current_dir(lab.env.path("unpacked"));
    succeed(command);
    let outcome = lab.check(&file).expect_refused("x-1/vendor/lib/lib.c, below the submodule vendor/lib");
    assert!(outcome.err.contains("help: ") && outcome.err.contains("give --submodules"), "{outcome:?}");
}

/// The commit's author may be anybody, and this machine's folders are nobody's business.
#[test]
fn places_that_a_commit_must_not_name() {
    for (url, words) in [
        ("/srv/lib.git", "must not name folders of this machine"),
        ("file:///srv/lib.git", "must not name folders of this machine"),
        ("lib.git", "must not name folders of this machine"),
        ("ext::sh -c id", "remote helpers"),
        ("-oProxyCommand=id", "must not begin with a dash"),
        ("ssh://-oProxyCommand=id/x", "must not begin with a dash"),
        ("ftp://h/x", "the scheme ftp:// is not supported"),
        ("\\u001b[2J::x", ""),
        ("../../../../../../../../../../../../../../lib.git", "leads above the root"),
    ] {
        let names = format!("[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = \"{url}\"\n");
        let lab = Lab::with_names(&names);
        let lib = lab.lib.path.display().to_string();
        let deep = lab.deep.path.display().to_string();
        let tarball = lab.concatenated();
        let check = || lab.check(&tarball).arg("--submodules").arg(format!("--submodule=other={deep}"));
        let outcome = check().expect_not_checked(words);
        assert!(outcome.err.contains("--submodule vendor/lib=REPO") || words.is_empty(), "{outcome:?}");
        assert!(!outcome.err.contains('\u{1b}'));
        check().arg(format!("--submodule=vendor/lib={lib}")).expect_authentic();
    }
}

#[test]
fn submodules_that_cannot_be_had() {
    let lab = Lab::with_names("[submodule \"x\"]\n\tpath = x\n");
    let tarball = lab.concatenated();
    let (lib, deep) = (lab.lib.path.display().to_string(), lab.deep.path.display().to_string());
    let other = format!("--submodule=other={deep}");
    lab.check(&tarball).arg("--submodules").expect_not_checked("names no URL for the submodule other");
    lab.check(&tarball).arg(&other).expect_not_checked("names no URL for the submodule vendor/lib");
    let wrong = lab.check(&tarball).arg(&other).arg(format!("--submodule=vendor/lib={deep}"));
    wrong.expect_not_checked(&format!("does not have the commit {}", lab.commits[0]));
    lab.check(&tarball).arg(&other).arg("--submodule=vendor/lib=nowhere").expect_not_checked("vendor/lib");
    let nested = format!("--submodule=vendor/lib/deep={deep}");
    let right = lab.check(&tarball).arg(&other).arg(format!("--submodule=vendor/lib={lib}")).arg(nested);
    right.expect_authentic();
    for bad in ["x", "=x", "/x=y", "a/../b=y", "a=ext::x"] {
        lab.check(&tarball).arg(format!("--submodule={bad}")).expect_usage_error("--submodule");
    }
    let broken = Lab::with_names("[submodule \"x\"]\n?\n");
    let outcome = broken.check(&broken.concatenated()).arg("--submodules").run();
    assert!(outcome.code == Some(3) && outcome.err.contains("line 2 of the commit's .gitmodules"), "{outcome:?}");
}

/// The deadline is one for all.
#[test]
fn a_submodule_whose_server_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("git://127.0.0.1:{}/x.git", silent.local_addr().unwrap().port());
    let lab = Lab::with_names(&NAMES.replace("../lib.git", &url));
    let outcome =
        lab.check(&lab.concatenated()).arg("--submodules").arg("--timeout=3").expect_not_checked("vendor/lib");
    assert!(outcome.err.contains("did not answer") || outcome.err.contains("time"), "{outcome:?}");
}

#[test]
fn too_many_submodules() {
    let lab = Lab::new();
    let gitlink = format!("=> {}", lab.commits[1]);
    let names: Vec<_> = (0..257).map(|number| format!("s{number}")).collect();
    let commit = lab.repo.commit(&names.iter().map(|name| (name.as_str(), gitlink.as_str())).collect::<Vec<_>>());
    lab.repo.sign_tag("v1", &commit, &lab.key);
    let mut program = lab.check(&lab.concatenated()).arg("--submodules");
    for name in &names {
        program = program.arg(format!("--submodule={name}={}", lab.deep.path.display()));
    }
    program.expect_not_checked("the number of submodules");
}

/// With the folder of a repository, the submodules in it.
#[test]
fn submodules_of_a_folder() {
    let lab = Lab::new();
    let mut archive = git();
    archive.arg("-C").arg(&lab.lib.path).args(["archive", "--prefix=x-1/lib/", &lab.commits[0]]);
    let lib = lab.env.file("lib.tar", with_input(archive, b""));
    let folder = lab.env.path("folder");
    std::fs::create_dir(&folder).unwrap();
    for tar in [lib, lab.env.file("deep.tar", lab.deep.tar(&lab.commits[1], "x-1/lib/deep/"))] {
        let mut command = Command::new("tar");
        command.arg("-xf").arg(tar).current_dir(&folder);
        succeed(command);
    }
    let file = lab.env.path("folder.tar");
    let mut command = Command::new("tar");
    command.arg("-cf").arg(&file).arg("x-1").current_dir(&folder);
    succeed(command);
    lab.check(&file).args(&["--subdir=vendor", "--submodules", "--accept=same-files"]).expect_authentic();
    lab.check(&file).args(&["--subdir=vendor", "--accept=same-files"]).expect_refused("its grade is added");
}
