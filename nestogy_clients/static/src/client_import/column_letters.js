/**
 * @param {number} index counted from 0
 * @returns {string} the name of a column as spreadsheets write it: A to Z, then AA
 */
export function columnLetters(index) {
    let letters = "";
    for (let rest = index + 1; rest; rest = Math.floor((rest - 1) / 26)) {
        letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
    }
    return letters;
}
