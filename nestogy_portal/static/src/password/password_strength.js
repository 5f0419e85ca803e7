/**
 * How hard a password is to guess: 0 to 1, where 1 is strong. Length counts most; kinds of characters help.
 *
 * @param {string} password
 * @returns {number} 0 (weak), 0.5 (medium) or 1 (strong), with steps between for the meter
 */
export function passwordStrength(password) {
    const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(password)).length;
    const different = new Set(password).size;
    const length = Math.min(password.length, different * 2); // "aaaaaaaaaa" is no long password
    return Math.min(1, (length * (3 + kinds)) / 72); // 12 characters of three kinds, or 18 of one
}
