//! `serve`: the built page from loopback, with the headers of `scripts/headers.json`.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use tiny_http::{Header, Method, Request, Response, Server};

use super::{codes, say};
use crate::base::{Error, Result};

const HEADERS: &str = include_str!("../../scripts/headers.json");

/// Serves until the process ends.
pub(super) fn run(port: u16, dir: &Path) -> Result<bool> {
    let root = dir
        .canonicalize()
        .ok()
        .filter(|dir| dir.join("index.html").is_file())
        .ok_or_else(|| Error::new(&codes::NO_PAGE))?;
    let server = Server::http((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| Error::new(&codes::NO_PORT).found(error))?;
    let port = server.server_addr().to_ip().map_or(port, |a| a.port());
    say(&format!("http://127.0.0.1:{port}/"));
    let common = headers();
    for request in server.incoming_requests() {
        answer(request, &root, &common, port);
    }
    Ok(true)
}

fn headers() -> Vec<Header> {
    let table: std::collections::BTreeMap<String, String> =
        serde_json::from_str(HEADERS).unwrap_or_default();
    table
        .iter()
        .filter_map(|(name, value)| Header::from_bytes(name.as_bytes(), value.as_bytes()).ok())
        .collect()
}

fn answer(request: Request, root: &Path, common: &[Header], port: u16) {
    // Only our own names: another site's name that points here is refused (DNS rebinding).
    let host_is_ours = request
        .headers()
        .iter()
        .find(|h| h.field.equiv("Host"))
        .is_none_or(|h| {
            let host = h.value.as_str();
            host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}")
        });
    let (status, bytes, kind) = if !host_is_ours {
        (403, vec![], "text/plain")
    } else if !matches!(request.method(), Method::Get | Method::Head) {
        (405, vec![], "text/plain")
    } else {
        match place(root, request.url()).and_then(|path| Some((std::fs::read(&path).ok()?, path))) {
            Some((bytes, path)) => (200, bytes, media_type(&path)),
            None => (404, b"not found".to_vec(), "text/plain"),
        }
    };
    let mut response = Response::from_data(bytes).with_status_code(status);
    for header in common {
        response.add_header(header.clone());
    }
    for (name, value) in [("Content-Type", kind), ("Cache-Control", "no-cache")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    let _ = request.respond(response);
}

/// The file of a URL below `root`, or nothing: no way leads outside.
fn place(root: &Path, url: &str) -> Option<PathBuf> {
    let path = decode(url.split(['?', '#']).next()?)?;
    let mut file = root.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    let real = file.canonicalize().ok()?;
    (real.starts_with(root) && real.is_file()).then_some(real)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = vec![];
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            (digit()? * 16 + digit()?) as u8
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "zip" => "application/zip",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_leads_outside() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .canonicalize()
            .unwrap();
        assert_eq!(
            place(&root, "/Cargo.toml?x=1"),
            Some(root.join("Cargo.toml"))
        );
        assert_eq!(place(&root, "/%43argo.toml"), Some(root.join("Cargo.toml")));
        assert_eq!(place(&root, "/"), Some(root.join("index.html")));
        let src = root.join("src").canonicalize().unwrap();
        for bad in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "//../Cargo.toml",
            "/%",
            "/c:/x",
            "/.git/config",
            "/..%5cx",
        ] {
            assert_eq!(place(&src, bad), None, "{bad}");
        }
    }

    #[test]
    fn headers_are_read() {
        assert!(
            headers()
                .iter()
                .any(|h| h.field.equiv("Content-Security-Policy"))
        );
    }
}
