import Mustache

/// A word with its tone, as a page shows it.
struct Badge: Sendable {
  let word: String
  let tone: String
  let sign: String

  init(_ word: String, _ tone: Tone) {
    self.word = word
    self.tone = tone.rawValue
    sign = tone.sign
  }

  /// A domain's verdict.
  init(verdict: String) { self.init(Badge.word(ofVerdict: verdict), Tone(verdict: verdict)) }

  /// A section's verdict.
  init(section: String) {
    let word =
      switch section {
      case "pass": "pass"
      case "fail": "fail"
      case "not-applicable": "not applicable"
      case "current": "current"
      case "expired": "expired"
      case "none": "none"
      case "": "not known yet"
      default: "could not be determined"
      }
    self.init(word, Tone(verdict: section.isEmpty ? "none" : section))
  }

  static func word(ofVerdict verdict: String) -> String {
    switch verdict {
    case "secure": "secure"
    case "insecure": "not secure"
    case "no-mail": "no mail"
    case "": "not checked yet"
    default: "could not be determined"
    }
  }
}

extension Badge: MustacheParent {
  /// Without a mirror, which takes most of the time that a page takes: a list of a hundred rows has hundreds of them.
  func child(named name: String) -> Any? {
    switch name {
    case "word": word
    case "tone": tone
    case "sign": sign
    default: nil
    }
  }
}
