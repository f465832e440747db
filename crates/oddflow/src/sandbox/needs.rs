//! What the service needs, of its settings: places that it reads, folders that it writes to, ports.

use std::path::{Path, PathBuf};

use oddflow_sinks::Reach;

use super::links;

/// What a process needs. Paths are absolute and without links; each stands for what lies beneath it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    /// TCP ports to connect to.
    pub(super) ports: Vec<u16>,
    /// The TCP port to listen on; 0 for any.
    pub(super) listen: Option<u16>,
    /// Whether anything goes over the network, UDP included.
    pub(super) has_network: bool,
    /// Whether names must be looked up.
    pub(super) has_names: bool,
    /// Whether the service manager listens at a Unix socket without a path.
    pub(super) has_abstract_socket: bool,
}

impl Needs {
    /// Needs a folder of logs, and the places that links in it lead to.
    pub(crate) fn logs(&mut self, root: &Path) {
        self.read.push(resolved(root));
        self.read.extend(links::targets(root));
    }

    /// Needs to read a file that may be replaced by another one: its folder.
    pub(crate) fn reads_file(&mut self, path: &Path) {
        self.read.push(resolved(&folder_of(path)));
    }

    /// Needs to write in a folder.
    pub(crate) fn writes(&mut self, folder: &Path) {
        self.write.push(resolved(folder));
    }

    /// Needs to write a file, and files beside it.
    pub(crate) fn writes_file(&mut self, path: &Path) {
        self.write.push(resolved(&folder_of(path)));
    }

    /// Needs to listen on a port.
    pub(crate) fn listens(&mut self, port: u16) {
        self.listen = Some(port);
    }

    /// Needs what sinks reach for.
    pub(crate) fn sinks(&mut self, reach: &Reach) {
        reach.files.iter().for_each(|file| self.reads_file(file));
        reach.folders.iter().for_each(|folder| self.writes(folder));
        self.ports.extend(&reach.ports);
        self.has_network |= reach.has_network;
        self.has_names |= reach.has_names;
    }

    /// Whether the service manager listens at a socket without a path, as `NOTIFY_SOCKET` says.
    pub(crate) fn is_notified_at(&mut self, socket: &str) {
        self.has_abstract_socket |= socket.starts_with('@');
    }

    /// The same with places that are there: for one that isn't, the nearest above it, as it may be mounted or made later.
    pub(super) fn existing(&self) -> Self {
        let nearest = |paths: &[PathBuf]| paths.iter().filter_map(|path| nearest(path)).collect();
        Self { read: nearest(&self.read), write: nearest(&self.write), ..self.clone() }
    }

    /// The first thing that others need and these don't cover, in words.
    pub(super) fn lacks(&self, others: &Self) -> Option<String> {
        let beneath = |path: &PathBuf, places: &[PathBuf]| places.iter().any(|place| path.starts_with(place));
        let is_read = |path: &&PathBuf| !beneath(path, &self.read) && !beneath(path, &self.write);
        if let Some(path) = others.read.iter().find(is_read) {
            return Some(format!("reading {}", path.display()));
        }
        if let Some(path) = others.write.iter().find(|path| !beneath(path, &self.write)) {
            return Some(format!("writing in {}", path.display()));
        }
        if let Some(port) = others.ports.iter().find(|port| !self.ports.contains(port)) {
            return Some(format!("connecting to port {port}"));
        }
        if let Some(port) = others.listen.filter(|port| self.listen != Some(*port)) {
            return Some(format!("listening on port {port}"));
        }
        let network = others.has_network && !self.has_network || others.has_names && !self.has_names;
        network.then(|| "looking up names, or sending datagrams".into())
    }
}

/// The folder of a file; of one that is a link, that of what it leads to.
fn folder_of(file: &Path) -> PathBuf {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    match file.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        // Not all files for one that lies above them all.
        Some(parent) if parent.parent().is_none() && file.exists() => file,
        Some(parent) => parent.to_owned(),
        None => file,
    }
}

/// A place without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = |above: &Path| Some(above.canonicalize().ok()?.join(absolute.strip_prefix(above).ok()?));
    // What is joined to nothing gets a separator at its end, and components have none.
    absolute.ancestors().find_map(real).map_or_else(|| absolute.clone(), |path| path.components().collect())
}

/// A place, or the nearest above it that is there; not all files for one that isn't.
fn nearest(path: &Path) -> Option<PathBuf> {
    let found = path.ancestors().find(|path| path.exists())?;
    (found == path || found.parent().is_some()).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_there_stands_for_the_nearest_above_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().canonicalize().expect("it is there");
        let place = resolved(&folder.path().join("no/such/place"));
        assert_eq!(place, real.join("no/such/place"));
        assert_eq!(resolved(&real), real);
        assert_eq!(nearest(&place), Some(real.clone()));
        assert_eq!(nearest(Path::new("/no/such/place")), None, "not all files");
        assert_eq!(folder_of(Path::new("a.db")), Path::new("."));
        assert_eq!(folder_of(&real.join("a.db")), real);
    }

    #[test]
    fn what_is_covered_is_told_from_what_is_not() {
        let granted = Needs {
            read: vec!["/logs".into()],
            write: vec!["/db".into()],
            ports: vec![443],
            listen: Some(9477),
            has_network: true,
            ..Needs::default()
        };
        let lacks = |change: fn(&mut Needs)| {
            let mut needs = granted.clone();
            change(&mut needs);
            granted.lacks(&needs)
        };
        assert_eq!(lacks(|_| {}), None);
        assert_eq!(lacks(|needs| needs.read = vec!["/logs/zeek".into(), "/db/model".into()]), None);
        assert_eq!(lacks(|needs| needs.read.push("/logs2".into())).as_deref(), Some("reading /logs2"));
        assert_eq!(lacks(|needs| needs.write.push("/logs".into())).as_deref(), Some("writing in /logs"));
        assert_eq!(lacks(|needs| needs.ports.push(80)).as_deref(), Some("connecting to port 80"));
        assert_eq!(lacks(|needs| needs.listen = Some(1)).as_deref(), Some("listening on port 1"));
        assert_eq!(lacks(|needs| needs.listen = None), None);
        assert!(lacks(|needs| needs.has_names = true).is_some());
    }
}
