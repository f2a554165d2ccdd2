/// Files that come with the program, inside it, so that it runs from any directory.
enum Embedded {
  /// API/openrpc.json.
  static let openRPC: [UInt8] = PackageResources.openrpc_json
  /// Documentation/Gateways.md, of which the whitelist's page shows the configurations.
  static let gateways: [UInt8] = PackageResources.Gateways_md
}

extension Standards {
  /// The files of API/standards.
  static let embedded: [String: [UInt8]] = [
    "baseline": PackageResources.baseline_json,
    "uk-gov": PackageResources.uk_gov_json,
    "uk-gov-non-sending": PackageResources.uk_gov_non_sending_json,
    "us-bod-18-01": PackageResources.us_bod_18_01_json,
    "nl-internet": PackageResources.nl_internet_json,
    "de-bsi-tr-03108": PackageResources.de_bsi_tr_03108_json,
    "m3aawg-parked": PackageResources.m3aawg_parked_json,
  ]
}
