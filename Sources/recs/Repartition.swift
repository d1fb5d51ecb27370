import ArgumentParser
import Service

/// `recs repartition`: another number of partitions.
struct RepartitionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repartition",
        abstract: "Change the number of partitions of the embedded log, with the service stopped.",
        discussion: """
            Takes in all that is on the log, writes log and archive anew with that many partitions (nothing is lost: each viewer's events keep
            their order and their times), builds the features from it in a new namespace and puts both in use together. A run that was ended,
            at whatever moment, goes on by the same command. The old log stays in the data folder until --drop-old removes it, together with
            its features.

            Example (stop the service first):
              recs repartition --partitions 8 --into eight --data ./data
              # set `partitions: 8` in recs.yaml, start the service, look at it; then, when the old log is not needed any more:
              recs repartition --drop-old --data ./data
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: "The new number of partitions of every topic: 1 to 4096.")
    var partitions: Int?

    @Option(help: "Name of the namespace to build the features in: 1 to 32 of a–z, 0–9, '-' and '_'.")
    var into: String?

    @Flag(help: "Remove the log, the archive and the features of before the last repartition.")
    var dropOld = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        if dropOld && (partitions != nil || into != nil) { throw ValidationError("--drop-old stands alone") }
        if !dropOld && (partitions == nil || into == nil) {
            throw ValidationError("say --partitions N and --into NAMESPACE, or --drop-old; see recs repartition --help")
        }
    }

    func run() async throws {
        let configuration = try options.configuration()
        if dropOld { return try await drop(configuration) }
        guard let partitions, let into else { return }
        let line = Progress()
        let report = try await NamespaceCommands.reporting {
            let repartition = try Repartition(
                partitions: partitions, into: into, configuration: configuration, logger: NamespaceCommands.logger)
            return try await repartition.run { line.show($0) }
        }
        line.end()
        if json { return try outputJSON(report) }
        output(
            "\(report.records) records in \(report.partitions) partitions instead of \(report.oldPartitions), features in "
                + "'\(report.namespace)', in \(fixed(report.seconds, 1)) s. Now set `partitions: \(report.partitions)` (recs.yaml or "
                + "RECS_PARTITIONS) and start the service; the old log is in \(report.retired) until `recs repartition --drop-old`")
    }

    private func drop(_ configuration: Configuration) async throws {
        let line = Progress()
        let report = try await NamespaceCommands.reporting {
            try await RetiredLog(configuration: configuration, logger: NamespaceCommands.logger).drop { line.show($0) }
        }
        line.end()
        if json { return try outputJSON(report) }
        output("\(report.folder) is gone, and \(report.keys) keys of \(report.namespaces.joined(separator: ", "))")
    }
}
