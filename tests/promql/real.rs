//! A real Prometheus on loopback, where it is installed.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A running server that is killed when dropped.
pub struct Real {
    child: Child,
    port: u16,
    _dir: TempDir,
}

/// Whether `prometheus` and `promtool` are there; says so loudly where they are not.
pub fn is_installed() -> bool {
    let there = ["prometheus", "promtool"]
        .into_iter()
        .all(|program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success()));
    if !there {
        println!("SKIPPED: prometheus and promtool are not installed, so nothing was compared with the real one");
    }
    there
}

impl Real {
    /// A server that holds the samples of an OpenMetrics text.
    pub fn holding(openmetrics: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let (text, blocks) = (dir.path().join("samples.om"), dir.path().join("data"));
        fs::write(&text, openmetrics).unwrap();
        let imported = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([&text, &blocks])
            .output()
            .unwrap();
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        Self::start(dir, &blocks, "global: {}\n")
    }

    /// A server that scrapes `address` every second at the path of a pod's metrics.
    pub fn scraping(address: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("data");
        let config = format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: pod, metrics_path: /actuator/prometheus, static_configs: [{{targets: ['{address}']}}]}}]\n"
        );
        Self::start(dir, &data, &config)
    }

    fn start(dir: TempDir, data: &Path, config: &str) -> Self {
        let file = dir.path().join("prometheus.yaml");
        fs::write(&file, config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready to receive web requests"));
        assert!(ready, "prometheus did not start");
        // Its log must be drained, or it blocks.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port, _dir: dir }
    }

    /// The answer to a GET of the query API.
    pub fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
