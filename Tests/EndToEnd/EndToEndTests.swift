import Testing

/// Tests on the real binary. One suite at a time: each has servers, a Redis and sometimes a broker of its own.
@Suite(.serialized) struct EndToEndTests {}
