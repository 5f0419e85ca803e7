import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";
import { Component } from "@odoo/owl";

/**
 * Job queries as a file, in the menu beside the title: all rows of the search that is shown, not only those of the page.
 */
class JobReportFile extends Component {
    static template = "nestogy_tickets.JobReportFile";
    static components = { DropdownItem };
    static props = {};

    async save(fileType) {
        const { searchModel, services } = this.env;
        services.ui.block();
        try {
            await download({
                url: `/jobs/report/${fileType}`,
                data: {
                    domain: JSON.stringify(searchModel.domain),
                    filters: searchModel.facets.map((facet) => this.words(facet)).join("; "),
                },
            });
        } finally {
            services.ui.unblock();
        }
    }

    words(facet) {
        const values = facet.values.join(` ${facet.separator || ","} `);
        return facet.title ? `${facet.title}: ${values}` : values;
    }
}

registry.category("cogMenu").add(
    "nestogy-job-report",
    {
        Component: JobReportFile,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: ({ searchModel }) => searchModel?.resModel === "nestogy.job.report",
    },
    { sequence: 5 }
);
