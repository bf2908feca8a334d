//! Collectors behind `https://`.

use std::io;
use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::settings::{InvalidExporter, Protocol, Settings};

/// The authorities in a PEM file's contents.
pub(crate) fn roots(pem: &[u8]) -> Result<RootCertStore, InvalidExporter> {
    let invalid = |error: &dyn std::fmt::Display| {
        InvalidExporter::new(format!(
            "the root certificates are not PEM ({error}): give the contents of a file that has \
             `-----BEGIN CERTIFICATE-----` in it"
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| invalid(&error))?;
        roots.add(certificate).map_err(|error| invalid(&error))?;
    }
    if roots.is_empty() { Err(invalid(&"there is none")) } else { Ok(roots) }
}

pub(crate) fn connector(settings: &Settings) -> io::Result<HttpsConnector<HttpConnector>> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let schemes = match &settings.roots {
        Some(roots) => {
            let config = ClientConfig::builder_with_provider(Arc::new(provider))
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            builder.with_tls_config(config)
        }
        // Only a collector behind TLS needs what the system trusts.
        None if settings.endpoint.scheme_str() != Some("https") => {
            let config = ClientConfig::builder_with_provider(Arc::new(provider))
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        }
        None => builder.with_provider_and_native_roots(provider)?,
    };
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.enforce_http(false);
    let schemes = schemes.https_or_http();
    Ok(match settings.protocol {
        Protocol::HttpProtobuf => schemes.enable_http1().wrap_connector(http),
        Protocol::Grpc => schemes.enable_http2().wrap_connector(http),
    })
}
