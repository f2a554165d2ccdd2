/// What this program is. A record that another version judged is judged anew from its evidence.
public enum Version {
  public static let current = "0.1.0"
}
