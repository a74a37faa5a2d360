//! A PKGBUILD that authenticates its source, built with the real makepkg.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::servers::HttpServer;
use crate::environment::{Environment, Key, Release, with_input};

/// makepkg refuses root: this user owns nothing and may do nothing.
const ORDINARY_USER: &str = "nobody";

struct Package {
    env: Environment,
    release: Release,
    server: HttpServer,
    folder: PathBuf,
}

impl Package {
    fn new() -> Self {
        let env = Environment::new();
        let release = env.release();
        release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
        let server = HttpServer::start(&env.path(""));
        let folder = env.path("package");
        std::fs::create_dir(&folder).unwrap();
        // The ordinary user must get here, and find the program.
        std::fs::set_permissions(env.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
        let bin = env.path("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_auth-tarball-from-git"), bin.join("auth-tarball-from-git")).unwrap();
        Package { env, release, server, folder }
    }

    /// Write the recipe with checksums that fit, and let makepkg go as far as `prepare()`.
    fn build(&self, tag: &str, tarball: &Path, key: &Key) -> (bool, String) {
        std::fs::copy(tarball, self.folder.join("x-1.tar.gz")).unwrap();
        std::fs::write(self.folder.join("alice.pgp"), key.public()).unwrap();
        let sum = |name: &str| {
            let mut sum = Command::new("sha256sum");
            sum.arg(self.folder.join(name));
            String::from_utf8(with_input(sum, b"")).unwrap().split(' ').next().unwrap().to_owned()
        };
        let recipe = PKGBUILD
            .replace("TARBALL_SUM", &sum("x-1.tar.gz"))
            .replace("KEY_SUM", &sum("alice.pgp"))
            .replace("URL", &self.server.http("x.git"))
            .replace("TAG", tag);
        std::fs::write(self.folder.join("PKGBUILD"), recipe).unwrap();
        let path = format!("{}:{}", self.env.path("bin").display(), std::env::var("PATH").unwrap());
        let mut makepkg = self.as_ordinary_user("makepkg");
        makepkg.args(["--nobuild", "--nodeps", "--force", "--cleanbuild"]);
        makepkg.current_dir(&self.folder).env("PATH", path).env("HOME", &self.folder).env("LC_ALL", "C.UTF-8");
        let output = makepkg.output().expect("makepkg (tests/run installs it)");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }

    fn as_ordinary_user(&self, program: &str) -> Command {
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Command::new(program);
        }
        let mut id = Command::new("id");
        id.args(["-u", ORDINARY_USER]);
        let user: u32 = String::from_utf8(with_input(id, b"")).unwrap().trim().parse().unwrap();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            chown(entry.unwrap().path(), Some(user), None).unwrap();
        }
        chown(&self.folder, Some(user), None).unwrap();
        let mut command = Command::new("runuser");
        command.args(["-u", ORDINARY_USER, "--", program]);
        command
    }
}

const PKGBUILD: &str = r#"
pkgname=x
pkgver=1
pkgrel=1
arch=(any)
source=('x-1.tar.gz' 'alice.pgp')
sha256sums=('TARBALL_SUM' 'KEY_SUM')

prepare() {
  cd x-1
  auth-tarball-from-git --keyring ../alice.pgp --tag TAG --prefix x-1 URL ../x-1.tar.gz
}
"#;

#[test]
fn a_good_release_is_prepared() {
    let package = Package::new();
    let (success, said) = package.build("v1", &package.release.tarball, &package.release.key);
    assert!(success && said.lines().any(|line| line == "OK"), "{said}");
}

#[test]
fn a_wrong_tarball_key_or_tag_stops_the_build() {
    let package = Package::new();
    let release = &package.release;
    let evil = release.repo.commit(&[("README", "Read me.\n"), ("evil", "evil\n")]);
    let evil = package.env.file("evil.tar", release.repo.tar(&evil, "x-1/"));
    let (good, stranger) = (release.tarball.clone(), Key::new("Mallory"));
    release.repo.git(&["update-ref", "refs/tags/v2", "refs/tags/v1"]);
    for (tag, tarball, key, words) in [
        ("v1", &evil, &release.key, "of another commit"),
        ("v1", &good, &stranger, "not in the keyring"),
        ("v2", &good, &release.key, "is really the tag v1"),
        ("v3", &good, &release.key, "no tag v3"),
    ] {
        let (success, said) = package.build(tag, tarball, key);
        assert!(!success && said.contains("A failure occurred in prepare()"), "{said}");
        assert!(said.contains(words), "{words:?} in {said}");
    }
}
