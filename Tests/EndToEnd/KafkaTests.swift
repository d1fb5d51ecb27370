import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// The service on a Kafka-protocol broker, fed by Python's `confluent_kafka` with its own Avro serialiser and by a foreign producer.
    @Suite struct KafkaTests {
        /// Two plays by the schemas that our registry has, then what is no event at all.
        private static let producer = """
            import sys, time, uuid
            from confluent_kafka import Producer
            from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
            from confluent_kafka.schema_registry.avro import AvroSerializer
            from confluent_kafka.serialization import MessageField, SerializationContext
            bootstrap, url = sys.argv[1], sys.argv[2]
            registry = SchemaRegistryClient({"url": url})
            producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
            failures = []
            report = lambda error, message: failures.append(str(error)) if error else None
            now = int(time.time() * 1000) - 600000
            common = {"user_id": "pythonista", "device_id": "tv", "session_id": "s", "region": "EU", "title_id": "sintel"}
            def send(name, fields, at):
                schema = registry.get_latest_version("play_events-recs.events." + name).schema
                serializer = AvroSerializer(registry, schema.schema_str, conf={
                    "auto.register.schemas": False, "subject.name.strategy": topic_record_subject_name_strategy})
                event = dict(common, event_id=str(uuid.uuid4()), event_type=name, timestamp=at, **fields)
                value = serializer(event, SerializationContext("play_events", MessageField.VALUE))
                producer.produce("play_events", key=common["user_id"], value=value, on_delivery=report)
            send("play_start", {"position_ms": 0, "duration_ms": None, "artwork_id": None, "row_id": None}, now)
            producer.produce("play_events", key="foreigner", value=b"not an event", on_delivery=report)
            producer.produce("play_events", key="foreigner", value=b"\\0\\0\\0\\xff\\xffunknown schema", on_delivery=report)
            producer.produce("play_events", key=None, value=None, on_delivery=report)
            send("play_stop", {"position_ms": 240000, "watched_ms": 240000, "duration_ms": 900000}, now + 240000)
            print(producer.flush(20), failures)
            """

        private func startBroker(_ port: Int = freePort(), folder: TemporaryFolder? = nil) async throws -> KafkaBroker {
            let broker = try KafkaBroker(port: port, folder: folder)
            let listens = await comesTrue { broker.isListening }
            try #require(listens, "the broker does not open its port")
            return broker
        }

        @Test func pythonsEventsArriveForeignBytesAreSetAsideAndAnOutageIsSurvived() async throws {
            var broker = try await startBroker()
            let server = try await RunningServer.start(
                arguments: ["--log", "kafka://\(broker.bootstrap)"], environment: ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range"])
            let python = ["-c", Self.producer, broker.bootstrap, server.url]
            let run = try await onOwnThread { try ChildProcess.run(ChildProcess.python, python) }
            try #require(run.status == 0, "\(run.errors)")
            #expect(run.output == "0 []\n")
            let isTakenIn = try await comesTrue(within: 60) {
                let job = try await server.status().job("play_events")
                return job?.received == 5 && job?.lag == 0
            }
            let job = try #require(try await server.status().job("play_events"))
            #expect(isTakenIn && job.applied == 2 && job.deadLettered == 3 && job.addsUp, "\(job)")
            let profile = try await server.profile("pythonista")
            #expect(profile.recentPlays.map(\.titleId) == ["sintel"])
            #expect(profile.positions.map(\.positionMs) == [240_000])
            #expect(profile.lastRegion == "EU")

            try await showsDeadLetters(server, broker)
            let port = broker.port
            let stopped = broker
            let folder = try await onOwnThread { stopped.stop() }
            let refused = try await server.send("POST", "/v1/events", EventText.search("while down", of: "patient"))
            #expect(refused.status == 503 && refused.headers["retry-after"] != nil, "\(refused.text)")
            #expect(refused.headers["content-type"] == "application/problem+json")
            #expect(try refused.decoded(Contract.Problem.self).status == 503)
            #expect(try refused.decoded(Contract.Posted.self).events.map(\.status) == ["failed"])
            #expect(try await server.get("/v1/users/pythonista/home").status == 200)
            broker = try await startBroker(port, folder: folder)
            let isTaken = try await comesTrue(within: 60) {
                try await server.send("POST", "/v1/events", EventText.search("after", of: "patient")).status == 202
            }
            #expect(isTaken)
            let arrives = try await comesTrue(within: 60) { try await server.profile("patient").searches.contains { $0.query == "after" } }
            #expect(arrives)
            #expect(try await server.end() == 0)
        }

        private func showsDeadLetters(_ server: RunningServer, _ broker: KafkaBroker) async throws {
            let arguments = ["--log", "kafka://\(broker.bootstrap)", "--data", server.folder.path("reading")]
            let registry = ["--registry", server.url]
            let run = try await RecsBinary.run(
                ["log", "tail", "dead_letters"] + arguments + registry, environment: ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range"])
            #expect(run.status == 0, "\(run.errors)")
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 3, "\(run.output)")
            #expect(lines.allSatisfy { $0.contains("\"source_topic\":\"play_events\"") })
        }
    }
}
