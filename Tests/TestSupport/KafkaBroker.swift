import Foundation

/// A Kafka-protocol broker process (noida-db from PyPI) on a free port, with a folder of its own.
package final class KafkaBroker: Sendable {
    package let port: Int
    package var bootstrap: String { "127.0.0.1:\(port)" }
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts a broker; it takes connections once `isListening`. `folder` holds the data of one that ran before.
    package init(port: Int = freePort(), folder: TemporaryFolder? = nil) throws {
        self.port = port
        self.folder = try folder ?? TemporaryFolder()
        let launcher = URL(fileURLWithPath: ChildProcess.python).deletingLastPathComponent().appendingPathComponent("noida-db").path
        guard FileManager.default.isExecutableFile(atPath: launcher) else {
            throw KafkaBrokerMissing(
                description:
                    "no noida-db at \(launcher): pip install noida-db==0.2.3 into a virtual environment and set RECS_PYTHON to its python")
        }
        process = try ChildProcess(
            ChildProcess.python, ["-c", KafkaBroker.supervisor, "\(getpid())", "\(port)", self.folder.path("data")])
    }

    deinit { stop() }

    /// Ends the broker in an orderly way and waits until it has gone, which keeps its data; answers the folder that holds them.
    @discardableResult
    package func stop() -> TemporaryFolder {
        if process.isRunning {
            process.signal(SIGTERM)
            process.wait()
        }
        return folder
    }

    /// False once it has ended, as it does where another has its port.
    package var isRunning: Bool { process.isRunning }

    /// True once the broker takes connections.
    package var isListening: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Runs the broker and ends it when it is told to or when the process of the tests has gone, however it went. Signals are unblocked
    /// first: threads of Dispatch block them, and children inherit that. The package's binary is started without its Python launcher,
    /// which would end at once on a signal while the broker still acknowledges records.
    private static let supervisor = """
        import importlib.resources, os, signal, subprocess, sys, time
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        parent, port, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
        program = str(importlib.resources.files("noida_db").joinpath("noida-db"))
        os.chmod(program, 0o755)
        broker = subprocess.Popen([program, "start", "--only", "kafka", "--kafka-port", port, "--data-dir", folder])
        told = []
        signal.signal(signal.SIGTERM, lambda *_: told.append(True))
        while not told and broker.poll() is None and os.getppid() == parent:
            time.sleep(0.05)
        if broker.poll() is None:
            broker.terminate()
        sys.exit(broker.wait())
        """
}

/// The tests cannot run without a broker, and say how to get one.
package struct KafkaBrokerMissing: Error, CustomStringConvertible {
    package var description: String
}
