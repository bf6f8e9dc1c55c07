//! The header `grpc-timeout`.

use std::time::Duration;

use tidegate_core::{Error, ErrorKind};

/// The header's name.
pub(crate) const HEADER: &str = "grpc-timeout";

/// Reads at most eight digits and a unit.
pub(crate) fn parse_timeout(value: &[u8]) -> Result<Duration, Error> {
    let malformed = || {
        let shown = String::from_utf8_lossy(value);
        Error::new(
            ErrorKind::InvalidInput,
            format!("`{HEADER}: {shown}` is no timeout"),
        )
    };
    let (unit, digits) = value.split_last().ok_or_else(malformed)?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(malformed());
    }
    let amount = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Ok(match unit {
        b'H' => Duration::from_secs(amount * 3600),
        b'M' => Duration::from_secs(amount * 60),
        b'S' => Duration::from_secs(amount),
        b'm' => Duration::from_millis(amount),
        b'u' => Duration::from_micros(amount),
        b'n' => Duration::from_nanos(amount),
        _ => return Err(malformed()),
    })
}

/// Writes a timeout in the finest unit that eight digits hold, never shorter than it is.
pub(crate) fn format_timeout(timeout: Duration) -> String {
    let nanos = timeout.as_nanos();
    for (unit, size) in [
        ('n', 1),
        ('u', 1_000),
        ('m', 1_000_000),
        ('S', 1_000_000_000),
    ] {
        let amount = nanos.div_ceil(size);
        if amount < 100_000_000 {
            return format!("{amount}{unit}");
        }
    }
    let hours = timeout.as_secs().div_ceil(3600).min(99_999_999);
    format!("{hours}H")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_survive_the_header() {
        for (timeout, text) in [
            (Duration::ZERO, "0n"),
            (Duration::from_millis(1), "1000000n"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::from_secs(3600), "3600000m"),
            (Duration::from_secs(1_000_000), "1000000S"),
        ] {
            assert_eq!(format_timeout(timeout), text);
            assert_eq!(parse_timeout(text.as_bytes()).unwrap(), timeout);
        }
        assert_eq!(format_timeout(Duration::MAX), "99999999H");
        assert_eq!(parse_timeout(b"2M").unwrap(), Duration::from_secs(120));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "S", "1", "123456789S", "-1S", "1s", "1 S", "١S"] {
            assert!(parse_timeout(text.as_bytes()).is_err(), "{text}");
        }
    }
}
