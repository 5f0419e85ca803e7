import { _t } from "@web/core/l10n/translation";

/**
 * @param {File[]} files
 * @param {{maxFiles: string, maxMegabytes: string}} limits as a page gives them to its form
 * @returns {string} why the files may not be sent; empty when they may
 */
export function fileProblem(files, { maxFiles, maxMegabytes }) {
    if (files.length > maxFiles) {
        return _t("Please send at most %s files at a time.", maxFiles);
    }
    const large = files.filter((file) => file.size > maxMegabytes * 1024 * 1024);
    if (large.length) {
        const names = large.map((file) => file.name).join(", ");
        return _t("Larger than %(limit)s MB: %(names)s", { limit: maxMegabytes, names });
    }
    return "";
}
