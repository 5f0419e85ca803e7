import { Component, markup, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { isBinarySize } from "@web/core/utils/binary";
import { fileTypeMagicWordMap } from "@web/views/fields/image/image_field";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** How the portal will look, while somebody edits its brand. The colours are reckoned by the server. */
export class BrandPreview extends Component {
    static template = "nestogy_portal.BrandPreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ isDark: false });
    }

    get data() {
        return this.props.record.data;
    }

    get brand() {
        return this.data.brand_preview || { css: "", name: "", logo: "", proposal: "" };
    }

    get logo() {
        const value = this.data.brand_logo;
        if (!value) {
            return this.brand.logo;
        }
        if (isBinarySize(value)) {
            return `/my/brand/${this.props.record.resId}/logo/${this.data.brand_logo_file}`;
        }
        return `data:image/${fileTypeMagicWordMap[value[0]] || "png"};base64,${value}`;
    }

    /** The server made this text safe when it gave it; what is typed meanwhile is the editor's own. */
    get welcome() {
        return this.data.brand_welcome && markup(this.data.brand_welcome.toString());
    }

    takeProposal() {
        this.props.record.update({ brand_color: this.brand.proposal });
    }
}

registry.category("view_widgets").add("nestogy_brand_preview", { component: BrandPreview });
