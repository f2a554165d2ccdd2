import Foundation
import JSON
import Testing

extension ServiceTests {
  /// The whitelist as the programs read it that it is for.
  @Suite struct ServiceReaderTests {
    /// Program on the path, the format that it reads, the command, with FILE for the export, and what it says.
    struct Reader: Sendable, CustomTestStringConvertible {
      let program: String
      let format: String
      let command: String
      let says: String

      var testDescription: String { "\(program): \(format)" }
    }

    static let readers = [
      Reader(
        program: "postmap", format: "postfix",
        command: "cp FILE FILE.d && postmap lmdb:FILE.d && postmap -q observed.gov.uk lmdb:FILE.d",
        says: "secure match=mx.observed.gov.uk servername=hostname\n"),
      Reader(
        program: "postmap", format: "postfix", command: "postmap -s texthash:FILE | cut -f 1,2 | sort",
        says: """
          fully-secure.gov.uk\tdane-only
          observed.gov.uk\tsecure match=mx.observed.gov.uk servername=hostname
          sts-enforce.gov.uk\tsecure match=.sts-enforce.gov.uk servername=hostname

          """),
      Reader(
        program: "jq", format: "json", command: "jq -r '.entries[] | .domain + \" \" + .basis' FILE",
        says: "fully-secure.gov.uk dane\nobserved.gov.uk observed\nsts-enforce.gov.uk mta-sts\n"),
      Reader(
        program: "jq", format: "ndjson", command: "jq -r .policy FILE", says: "dane-only\nsecure\nsecure\n"),
      Reader(
        program: "python3", format: "csv",
        command: """
          python3 -c 'import csv, sys
          for row in csv.DictReader(open(sys.argv[1], newline="")): print(row["domain"], row["policy"], row["mx"])' FILE
          """,
        says: """
          fully-secure.gov.uk dane-only mx.fully-secure.gov.uk
          observed.gov.uk secure mx.observed.gov.uk
          sts-enforce.gov.uk secure mx.sts-enforce.gov.uk

          """),
      Reader(
        program: "sort", format: "txt", command: "sort -c FILE && cat FILE",
        says: "fully-secure.gov.uk\nobserved.gov.uk\nsts-enforce.gov.uk\n"),
    ]

    @Test(arguments: readers) func reads(_ reader: Reader) async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let lab = service.lab
      guard try await lab.quickly(["sh", "-c", "command -v \(reader.program)"]).status == 0 else {
        print("skipped: \(reader.program) is not installed")
        return
      }
      let file = try lab.file(reader.format, try await service.get("/whitelist?format=\(reader.format)").body)
      let outcome = try await lab.run(["sh", "-c", reader.command.replacing("FILE", with: file)])
      #expect(outcome.status == 0 && outcome.stdout == reader.says, "\(outcome.stdout)\(outcome.stderr)")
      // None has a word against it.
      #expect(outcome.stderr.isEmpty, "\(outcome.stderr)")
    }

    @Test("curl unpacks what it asked for compressed, and keeps a copy that it does not fetch again")
    func curl() async throws {
      guard let service = try await ServiceWebTests.shared.value else { return }
      let lab = service.lab
      let place = "\(service.url)/whitelist?format=postfix"
      let plain = try await lab.quickly(["curl", "-sS", place])
      let packed = try await lab.quickly(["curl", "-sS", "--compressed", place])
      #expect(plain.stdout == packed.stdout && plain.stdout.contains("dane-only"))
      let (file, tag) = (try lab.file("copy", ""), try lab.file("tag", ""))
      let argv = ["curl", "-sS", "-o", file, "-w", "%{http_code}", "--etag-save", tag, "--etag-compare", tag, place]
      #expect(try await lab.quickly(argv).stdout == "200")
      #expect(try await lab.quickly(argv).stdout == "304")
      let dated = ["curl", "-sS", "-R", "-o", file, "-w", "%{http_code}", place]
      #expect(try await lab.quickly(dated).stdout == "200")
      #expect(try await lab.quickly(dated + ["-z", file]).stdout == "304")
    }
  }
}
