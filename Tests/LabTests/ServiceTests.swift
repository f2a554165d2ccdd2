import Testing

/// Tests of `hallmarkd serve` and of those who talk to it, each against a service of its own in the lab.
///
/// One after the other: each service probes the same few mail servers, and a machine with a dozen of them at once shows
/// how long time-outs are and nothing else.
@Suite(.serialized) enum ServiceTests {}
