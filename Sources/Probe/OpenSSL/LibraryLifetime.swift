import COpenSSL

/// How long libcrypto and libssl hold what they share within the process.
public enum LibraryLifetime {
  /// Has them hold it until the process is gone, and not free it in an exit handler (OPENSSL_init_crypto(3),
  /// OPENSSL_INIT_NO_ATEXIT): threads that still use it then, libunbound's among them, would read what is no more.
  ///
  /// It counts only where nothing has used either library before.
  public static func coversExit() { OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) }
}
