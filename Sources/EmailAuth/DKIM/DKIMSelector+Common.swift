extension DKIMSelector {
  /// Selectors that many domains share, because a provider or a program sets them, and that are looked at first: most domains
  /// that have a key at a common selector have one at one of these.
  static let mostCommon: [DKIMSelector] = [
    "selector1",  // Microsoft 365
    "google",  // Google Workspace
    "default",  // cPanel, OpenDKIM and many how-tos
    "s1",  // Twilio SendGrid with its automated security
    "k1",  // Mailchimp, Mandrill and Mailgun
  ].compactMap(DKIMSelector.init(_:))

  /// Those that are looked at where the first have told nothing. Each costs a look-up for each domain.
  static let common: [DKIMSelector] = [
    "selector2",  // Microsoft 365
    "dkim",  // mailcow, Mailu and many how-tos
    "mail",  // Plesk of old, Brevo, OpenDKIM how-tos
    "s2",  // Twilio SendGrid with its automated security
    "smtpapi",  // Twilio SendGrid of old
    "k2", "k3",  // Mailchimp, Mandrill and Mailgun
    "mandrill",  // Mandrill of old
    "mx",  // Mailgun
    "brevo1", "brevo2",  // Brevo
    "protonmail", "protonmail2",  // Proton Mail
    "fm1", "fm2",  // Fastmail
    "sig1",  // iCloud Mail
    "zoho",  // Zoho Mail
    "fp01",  // a gateway that many UK government domains send through
  ].compactMap(DKIMSelector.init(_:))
}
