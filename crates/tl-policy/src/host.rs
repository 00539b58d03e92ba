//! Hosts and addresses in one form each, so that a policy cannot be passed by writing them
//! otherwise: `0x7f.1`, `EVIL.example.`, `https://good.example@evil.example`.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Schemes whose hosts are read alike.
const WEB: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// The host of a URL, of `host:port` or of a host: lower case, names in ASCII (punycode), addresses
/// in their usual form, without brackets, port or dot at the end. As browsers read it (WHATWG URL).
/// `None` where there is no host in it.
pub fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with('/') {
        return None;
    }
    if let Ok(IpAddr::V6(address)) = text.parse() {
        return Some(v6(address));
    }
    let text = text.replace(['\t', '\n', '\r'], "");
    // `https:host` and `https:\\host` are read as `https://host`.
    if let Some(url) = Url::parse(&text).ok().filter(|url| WEB.contains(&url.scheme())) {
        return host(&url);
    }
    let url = match text.split_once("://") {
        // Other schemes keep hosts as they are written; who is reached is the same.
        Some((_, rest)) => web(rest)?,
        // `git@host:path`
        None => match text.split_once('@').and_then(|(_, rest)| rest.split_once(':')) {
            Some((host, _)) => web(host)?,
            None => web(&text)?,
        },
    };
    host(&url)
}

/// Where a server is: scheme, host, port where it is not the scheme's, path. Without user,
/// password, query and fragment. `None` where that is no web address.
pub fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = host(&url)?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}{}", url.scheme(), url.path()))
}

fn web(rest: &str) -> Option<Url> {
    Url::parse(&format!("http://{rest}")).ok()
}

fn host(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            (!name.is_empty()).then(|| name.to_owned())
        }
        Host::Ipv4(address) => Some(Ipv4Addr::to_string(&address)),
        Host::Ipv6(address) => Some(v6(address)),
    }
}

/// An IPv4 address that is written as IPv6 is the same machine.
fn v6(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(address) => address.to_string(),
        None => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_form_however_it_is_written() {
        for (written, host) in [
            ("Docs.Acme.example", "docs.acme.example"),
            ("docs.acme.example.", "docs.acme.example"),
            ("docs.acme.example:8443", "docs.acme.example"),
            ("https://docs.acme.example/a?b=c", "docs.acme.example"),
            ("https://good.example@evil.example/", "evil.example"),
            ("https://good.example:pw@evil.example\\@good.example", "evil.example"),
            ("https:\t//evil.example", "evil.example"),
            ("https:\\\\evil.example", "evil.example"),
            ("HTTPS:evil.example", "evil.example"),
            ("ssh://git@Host.example:2222/x", "host.example"),
            ("git@host.example:acme/app.git", "host.example"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("http://[::ffff:169.254.169.254]/", "169.254.169.254"),
            ("[::1]:8080", "::1"),
            ("::1", "::1"),
            ("http://\u{ff45}vil.example", "evil.example"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("http://evil%2Eexample/", "evil.example"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(host), "{written}");
        }
        for none in ["", "http://", "/etc/passwd", "http://a b/", "https://[::1", "."] {
            assert_eq!(canonical(none), None, "{none}");
        }
    }

    #[test]
    fn an_origin_has_no_user_query_or_default_port() {
        assert_eq!(
            origin("HTTPS://bo:pw@MCP.Acme.example:443/v1?key=k#f").as_deref(),
            Some("https://mcp.acme.example/v1")
        );
        assert_eq!(origin("http://[::1]:3000/mcp").as_deref(), Some("http://[::1]:3000/mcp"));
        assert_eq!(origin("npm:@acme/x"), None);
    }
}
