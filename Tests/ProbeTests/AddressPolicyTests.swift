import DNS
import Testing

@testable import Probe

@Suite struct AddressPolicyTests {
  @Test(arguments: [
    "192.0.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255", "2a00::1", "2001:200::1", "2600::1", "64:ff9b::8.8.8.8", "2400:cb00::1",
  ])
  func public_(_ text: String) throws {
    #expect(try AddressPolicy().allows(#require(IPAddress(text))))
  }

  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "100::1", "100:0:0:1::1", "2001::1", "2001:1::1",
    "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1",
    "2002:808:808::1",
    "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:1ab::1", "fe80::1", "fec0::1", "ff02::1",
  ])
  func specialPurpose(_ text: String) throws {
    #expect(try !AddressPolicy().allows(#require(IPAddress(text))))
  }

  @Test(arguments: [
    (["127.0.0.0/8"], "127.0.0.1", true), (["127.0.0.0/8"], "10.0.0.1", false), (["127.0.0.0/8"], "::1", false),
    (["fd00:1ab::/64"], "fd00:1ab::1", true), (["fd00:1ab::/64"], "fd00:1ac::1", false),
    // The address inside needs its own leave.
    (["::ffff:0:0/96"], "::ffff:127.0.0.1", false), (["::ffff:0:0/96", "127.0.0.0/8"], "::ffff:127.0.0.1", true),
    (["127.0.0.0/8"], "64:ff9b::127.0.0.1", true), (["2002::/16"], "2002:7f00:1::1", false),
    (["2002::/16"], "2002:808:808::1", true), (["2001::/32"], "2001:0:808:808::f7f7:f7f7", true),
    // Teredo of the client 127.0.0.1, every bit turned over.
    (["2001::/32"], "2001:0:808:808::80ff:fffe", false),
    (["::/0"], "::1", true), (["::1"], "::1", true), (["::/96"], "::127.0.0.1", false), (["::/0"], "127.0.0.1", false),
    (["0.0.0.0/0"], "169.254.169.254", true),
  ])
  func exceptions(_ blocks: [String], _ text: String, _ allowed: Bool) throws {
    let policy = AddressPolicy(allowed: try blocks.map { try #require(AddressBlock($0)) })
    #expect(try policy.allows(#require(IPAddress(text))) == allowed)
  }

  @Test func everyBlockIsRead() {
    #expect(SpecialPurposeBlocks.all.count == SpecialPurposeBlocks.ipv4.count + SpecialPurposeBlocks.ipv6.count)
    #expect(SpecialPurposeBlocks.wellKnownNAT64.count == 1)
  }
}
