//! OTLP over gRPC.

use std::error::Error as _;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::{Again, Connector, Refusal, Taken};
use crate::settings::Settings;

pub(crate) struct Client {
    service: LogsServiceClient<Channel>,
    headers: MetadataMap,
    timeout: Duration,
}

impl Client {
    pub(super) fn new(settings: &Settings, connector: Connector) -> Self {
        let endpoint = Endpoint::from(settings.endpoint.clone());
        let endpoint = endpoint.user_agent(Settings::USER_AGENT).unwrap_or_else(|_| {
            // A constant that is a header's value already.
            Endpoint::from(settings.endpoint.clone())
        });
        let mut service = LogsServiceClient::new(endpoint.connect_with_connector_lazy(connector));
        if settings.gzip {
            service = service.send_compressed(CompressionEncoding::Gzip);
        }
        Self {
            service: service.accept_compressed(CompressionEncoding::Gzip),
            headers: MetadataMap::from_headers(settings.headers.clone()),
            timeout: settings.timeout,
        }
    }

    pub(super) async fn send(&self, request: ExportLogsServiceRequest) -> Result<Taken, Refusal> {
        let mut request = Request::new(request);
        *request.metadata_mut() = self.headers.clone();
        request.set_timeout(self.timeout);
        // A handle on the one connection.
        let mut service = self.service.clone();
        let answer = service.export(request).await;
        answer.map(|answer| answer.into_inner().into()).map_err(|status| refusal(&status))
    }
}

fn refusal(status: &Status) -> Refusal {
    // Only what went wrong on this side has a cause: the connection, that is.
    if let Some(cause) = status.source() {
        return Refusal::unreachable(cause);
    }
    let asked = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let again = match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => asked.map_or(Again::Later, Again::After),
        // Recovery is possible only where the collector says so.
        Code::ResourceExhausted => asked.map_or(Again::Never, Again::After),
        _ => Again::Never,
    };
    let message = status.message();
    let separator = if message.is_empty() { "" } else { ": " };
    Refusal::new(format!("answered {:?}{separator}{message}", status.code()), again)
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn only_what_otlp_calls_temporary_is_tried_again() {
        let temporary = [1, 4, 10, 11, 14, 15];
        for number in 1..=16 {
            let answered = refusal(&Status::new(Code::from_i32(number), "no"));
            let expected = if temporary.contains(&number) { Again::Later } else { Again::Never };
            assert_eq!(answered.again, expected, "{number}");
        }
    }

    #[test]
    fn a_collector_says_when_to_come_back() {
        let wait = Duration::from_millis(1_500);
        let details = || ErrorDetails::with_retry_info(Some(wait));
        for (code, expected) in [
            (Code::Unavailable, Again::After(wait)),
            (Code::ResourceExhausted, Again::After(wait)),
            (Code::InvalidArgument, Again::Never),
        ] {
            let answered = refusal(&Status::with_error_details(code, "busy", details()));
            assert_eq!(answered.again, expected);
            assert_eq!(answered.why, format!("answered {code:?}: busy"));
        }
    }
}
