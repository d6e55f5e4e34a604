//! What str's tests know about characters: Unicode's general categories and numeric types.

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

fn category(point: u32) -> Category {
    // Surrogates are the only code points that are no `char`.
    char::from_u32(point).map_or(Category::Surrogate, UnicodeGeneralCategory::general_category)
}

/// Digits that are no decimal digits: superscripts, circled ones and the like (Numeric_Type=Digit).
const DIGITS: &[(u32, u32)] = &[
    (0x00B2, 0x00B3),
    (0x00B9, 0x00B9),
    (0x1369, 0x1371),
    (0x19DA, 0x19DA),
    (0x2070, 0x2070),
    (0x2074, 0x2079),
    (0x2080, 0x2089),
    (0x2460, 0x2468),
    (0x2474, 0x247C),
    (0x2488, 0x2490),
    (0x24EA, 0x24EA),
    (0x24F5, 0x24FD),
    (0x24FF, 0x24FF),
    (0x2776, 0x277E),
    (0x2780, 0x2788),
    (0x278A, 0x2792),
    (0x10A40, 0x10A43),
    (0x10E60, 0x10E68),
    (0x11052, 0x1105A),
    (0x1F100, 0x1F10A),
];

/// Letters with a numeric value, Han digits above all (Numeric_Type=Numeric outside the number categories).
const NUMERIC_LETTERS: &[(u32, u32)] = &[
    (0x3405, 0x3405),
    (0x3483, 0x3483),
    (0x382A, 0x382A),
    (0x3B4D, 0x3B4D),
    (0x4E00, 0x4E00),
    (0x4E03, 0x4E03),
    (0x4E07, 0x4E07),
    (0x4E09, 0x4E09),
    (0x4E24, 0x4E24),
    (0x4E5D, 0x4E5D),
    (0x4E8C, 0x4E8C),
    (0x4E94, 0x4E94),
    (0x4E96, 0x4E96),
    (0x4EAC, 0x4EAC),
    (0x4EBF, 0x4EC0),
    (0x4EDF, 0x4EDF),
    (0x4EE8, 0x4EE8),
    (0x4F0D, 0x4F0D),
    (0x4F70, 0x4F70),
    (0x4FE9, 0x4FE9),
    (0x5006, 0x5006),
    (0x5104, 0x5104),
    (0x5146, 0x5146),
    (0x5169, 0x5169),
    (0x516B, 0x516B),
    (0x516D, 0x516D),
    (0x5341, 0x5341),
    (0x5343, 0x5345),
    (0x534C, 0x534C),
    (0x53C1, 0x53C4),
    (0x56DB, 0x56DB),
    (0x58F1, 0x58F1),
    (0x58F9, 0x58F9),
    (0x5E7A, 0x5E7A),
    (0x5EFE, 0x5EFF),
    (0x5F0C, 0x5F0E),
    (0x5F10, 0x5F10),
    (0x62D0, 0x62D0),
    (0x62FE, 0x62FE),
    (0x634C, 0x634C),
    (0x67D2, 0x67D2),
    (0x6D1E, 0x6D1E),
    (0x6F06, 0x6F06),
    (0x7396, 0x7396),
    (0x767E, 0x767E),
    (0x7695, 0x7695),
    (0x79ED, 0x79ED),
    (0x8086, 0x8086),
    (0x842C, 0x842C),
    (0x8CAE, 0x8CAE),
    (0x8CB3, 0x8CB3),
    (0x8D30, 0x8D30),
    (0x920E, 0x920E),
    (0x94A9, 0x94A9),
    (0x9621, 0x9621),
    (0x9646, 0x9646),
    (0x964C, 0x964C),
    (0x9678, 0x9678),
    (0x96F6, 0x96F6),
    (0xF96B, 0xF96B),
    (0xF973, 0xF973),
    (0xF978, 0xF978),
    (0xF9B2, 0xF9B2),
    (0xF9D1, 0xF9D1),
    (0xF9D3, 0xF9D3),
    (0xF9FD, 0xF9FD),
    (0x20001, 0x20001),
    (0x20064, 0x20064),
    (0x200E2, 0x200E2),
    (0x20121, 0x20121),
    (0x2092A, 0x2092A),
    (0x20983, 0x20983),
    (0x2098C, 0x2098C),
    (0x2099C, 0x2099C),
    (0x20AEA, 0x20AEA),
    (0x20AFD, 0x20AFD),
    (0x20B19, 0x20B19),
    (0x22390, 0x22390),
    (0x22998, 0x22998),
    (0x23B1B, 0x23B1B),
    (0x2626D, 0x2626D),
    (0x2F890, 0x2F890),
];

/// Characters whose title case is neither their upper case nor made of it.
const TITLE_CASE: &[(u32, &str)] = &[
    (0x0149, "\u{2BC}\u{4E}"),
    (0x01C4, "\u{1C5}"),
    (0x01C5, "\u{1C5}"),
    (0x01C6, "\u{1C5}"),
    (0x01C7, "\u{1C8}"),
    (0x01C8, "\u{1C8}"),
    (0x01C9, "\u{1C8}"),
    (0x01CA, "\u{1CB}"),
    (0x01CB, "\u{1CB}"),
    (0x01CC, "\u{1CB}"),
    (0x01F1, "\u{1F2}"),
    (0x01F2, "\u{1F2}"),
    (0x01F3, "\u{1F2}"),
    (0x10D0, "\u{10D0}"),
    (0x10D1, "\u{10D1}"),
    (0x10D2, "\u{10D2}"),
    (0x10D3, "\u{10D3}"),
    (0x10D4, "\u{10D4}"),
    (0x10D5, "\u{10D5}"),
    (0x10D6, "\u{10D6}"),
    (0x10D7, "\u{10D7}"),
    (0x10D8, "\u{10D8}"),
    (0x10D9, "\u{10D9}"),
    (0x10DA, "\u{10DA}"),
    (0x10DB, "\u{10DB}"),
    (0x10DC, "\u{10DC}"),
    (0x10DD, "\u{10DD}"),
    (0x10DE, "\u{10DE}"),
    (0x10DF, "\u{10DF}"),
    (0x10E0, "\u{10E0}"),
    (0x10E1, "\u{10E1}"),
    (0x10E2, "\u{10E2}"),
    (0x10E3, "\u{10E3}"),
    (0x10E4, "\u{10E4}"),
    (0x10E5, "\u{10E5}"),
    (0x10E6, "\u{10E6}"),
    (0x10E7, "\u{10E7}"),
    (0x10E8, "\u{10E8}"),
    (0x10E9, "\u{10E9}"),
    (0x10EA, "\u{10EA}"),
    (0x10EB, "\u{10EB}"),
    (0x10EC, "\u{10EC}"),
    (0x10ED, "\u{10ED}"),
    (0x10EE, "\u{10EE}"),
    (0x10EF, "\u{10EF}"),
    (0x10F0, "\u{10F0}"),
    (0x10F1, "\u{10F1}"),
    (0x10F2, "\u{10F2}"),
    (0x10F3, "\u{10F3}"),
    (0x10F4, "\u{10F4}"),
    (0x10F5, "\u{10F5}"),
    (0x10F6, "\u{10F6}"),
    (0x10F7, "\u{10F7}"),
    (0x10F8, "\u{10F8}"),
    (0x10F9, "\u{10F9}"),
    (0x10FA, "\u{10FA}"),
    (0x10FD, "\u{10FD}"),
    (0x10FE, "\u{10FE}"),
    (0x10FF, "\u{10FF}"),
    (0x1F80, "\u{1F88}"),
    (0x1F81, "\u{1F89}"),
    (0x1F82, "\u{1F8A}"),
    (0x1F83, "\u{1F8B}"),
    (0x1F84, "\u{1F8C}"),
    (0x1F85, "\u{1F8D}"),
    (0x1F86, "\u{1F8E}"),
    (0x1F87, "\u{1F8F}"),
    (0x1F88, "\u{1F88}"),
    (0x1F89, "\u{1F89}"),
    (0x1F8A, "\u{1F8A}"),
    (0x1F8B, "\u{1F8B}"),
    (0x1F8C, "\u{1F8C}"),
    (0x1F8D, "\u{1F8D}"),
    (0x1F8E, "\u{1F8E}"),
    (0x1F8F, "\u{1F8F}"),
    (0x1F90, "\u{1F98}"),
    (0x1F91, "\u{1F99}"),
    (0x1F92, "\u{1F9A}"),
    (0x1F93, "\u{1F9B}"),
    (0x1F94, "\u{1F9C}"),
    (0x1F95, "\u{1F9D}"),
    (0x1F96, "\u{1F9E}"),
    (0x1F97, "\u{1F9F}"),
    (0x1F98, "\u{1F98}"),
    (0x1F99, "\u{1F99}"),
    (0x1F9A, "\u{1F9A}"),
    (0x1F9B, "\u{1F9B}"),
    (0x1F9C, "\u{1F9C}"),
    (0x1F9D, "\u{1F9D}"),
    (0x1F9E, "\u{1F9E}"),
    (0x1F9F, "\u{1F9F}"),
    (0x1FA0, "\u{1FA8}"),
    (0x1FA1, "\u{1FA9}"),
    (0x1FA2, "\u{1FAA}"),
    (0x1FA3, "\u{1FAB}"),
    (0x1FA4, "\u{1FAC}"),
    (0x1FA5, "\u{1FAD}"),
    (0x1FA6, "\u{1FAE}"),
    (0x1FA7, "\u{1FAF}"),
    (0x1FA8, "\u{1FA8}"),
    (0x1FA9, "\u{1FA9}"),
    (0x1FAA, "\u{1FAA}"),
    (0x1FAB, "\u{1FAB}"),
    (0x1FAC, "\u{1FAC}"),
    (0x1FAD, "\u{1FAD}"),
    (0x1FAE, "\u{1FAE}"),
    (0x1FAF, "\u{1FAF}"),
    (0x1FB2, "\u{1FBA}\u{345}"),
    (0x1FB3, "\u{1FBC}"),
    (0x1FB4, "\u{386}\u{345}"),
    (0x1FB7, "\u{391}\u{342}\u{345}"),
    (0x1FBC, "\u{1FBC}"),
    (0x1FC2, "\u{1FCA}\u{345}"),
    (0x1FC3, "\u{1FCC}"),
    (0x1FC4, "\u{389}\u{345}"),
    (0x1FC7, "\u{397}\u{342}\u{345}"),
    (0x1FCC, "\u{1FCC}"),
    (0x1FF2, "\u{1FFA}\u{345}"),
    (0x1FF3, "\u{1FFC}"),
    (0x1FF4, "\u{38F}\u{345}"),
    (0x1FF7, "\u{3A9}\u{342}\u{345}"),
    (0x1FFC, "\u{1FFC}"),
];

/// The title case of such a character.
pub(crate) fn own_title_case(point: u32) -> Option<&'static str> {
    TITLE_CASE.binary_search_by_key(&point, |&(from, _)| from).ok().map(|at| TITLE_CASE[at].1)
}

fn within(ranges: &[(u32, u32)], point: u32) -> bool {
    let at = ranges.partition_point(|&(first, _)| first <= point);
    at > 0 && point <= ranges[at - 1].1
}

/// `str.isalpha` of one character.
pub(crate) fn is_alpha(point: u32) -> bool {
    use Category::*;
    if point < 0x80 {
        return (point as u8).is_ascii_alphabetic();
    }
    matches!(category(point), UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter)
}

/// `str.isdecimal` of one character.
pub(crate) fn is_decimal(point: u32) -> bool {
    if point < 0x80 {
        return (point as u8).is_ascii_digit();
    }
    category(point) == Category::DecimalNumber
}

/// `str.isdigit` of one character.
pub(crate) fn is_digit(point: u32) -> bool {
    is_decimal(point) || point >= 0x80 && within(DIGITS, point)
}

/// `str.isnumeric` of one character.
pub(crate) fn is_numeric(point: u32) -> bool {
    use Category::*;
    if point < 0x80 {
        return (point as u8).is_ascii_digit();
    }
    matches!(category(point), DecimalNumber | LetterNumber | OtherNumber) || within(NUMERIC_LETTERS, point)
}

/// The value of a decimal digit: those of a script follow each other from zero.
pub(crate) fn decimal_value(point: u32) -> Option<u32> {
    if point < 0x80 {
        return char::from_u32(point).and_then(|c| c.to_digit(10));
    }
    if !is_decimal(point) {
        return None;
    }
    // Runs of decimal digits begin at their zero and are ten long, or several tens one after the other.
    let mut start = point;
    while start > 0 && is_decimal(start - 1) {
        start -= 1;
    }
    Some((point - start) % 10)
}

/// Whether `repr` shows the character as itself.
pub(crate) fn is_printable(point: u32) -> bool {
    use Category::*;
    if point < 0x7F {
        return point >= 0x20;
    }
    !matches!(
        category(point),
        Control | Format | Surrogate | PrivateUse | Unassigned | LineSeparator | ParagraphSeparator | SpaceSeparator
    )
}

/// Whether the character can start an identifier.
pub(crate) fn starts_identifier(point: u32) -> bool {
    point == u32::from('_') || char::from_u32(point).is_some_and(unicode_ident::is_xid_start)
}

/// Whether the character can be inside an identifier.
pub(crate) fn continues_identifier(point: u32) -> bool {
    char::from_u32(point).is_some_and(unicode_ident::is_xid_continue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_values_in_every_script() {
        let value = |c: char| decimal_value(c.into());
        assert_eq!(value('7'), Some(7));
        assert_eq!(value('٣'), Some(3));
        assert_eq!(value('９'), Some(9));
        assert_eq!(value('\u{1D7D8}'), Some(0));
        assert_eq!(value('\u{1D7E3}'), Some(1));
        assert_eq!(value('²'), None);
        assert!(is_digit('²'.into()) && !is_decimal('²'.into()));
        assert!(is_numeric('½'.into()) && is_numeric('三'.into()) && !is_digit('½'.into()));
    }

    #[test]
    fn what_prints_is_told_from_what_does_not() {
        for (c, prints) in [('é', true), ('\u{301}', true), ('\u{AD}', false), ('\u{A0}', false), ('\u{E000}', false)]
        {
            assert_eq!(is_printable(c.into()), prints, "{c:?}");
        }
        assert!(!is_printable(0xD800));
    }
}
