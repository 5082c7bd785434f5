import java.util.*;

/** How bytes are written in the expected files: text as it is, all else as hex in angle brackets. */
final class Render {
    private Render() {}

    private static boolean plain(byte b) { return b > 0x20 && b < 0x7f && b != '<' && b != '>'; }

    static String bytes(byte[] b) {
        if (b == null) return "<null>";
        if (b.length == 0) return "<>";
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < b.length; ) {
            int end = i;
            while (end < b.length && plain(b[end])) end++;
            if (end - i >= 3 || i == 0 && end > 0) {
                for (; i < end; i++) out.append((char) b[i]);
                continue;
            }
            out.append('<');
            while (i < b.length && !text(b, i)) out.append(String.format("%02x", b[i++]));
            out.append('>');
        }
        return out.toString();
    }

    /** Tells whether three plain bytes begin at i. */
    private static boolean text(byte[] b, int i) {
        return i + 3 <= b.length && plain(b[i]) && plain(b[i + 1]) && plain(b[i + 2]);
    }
}
