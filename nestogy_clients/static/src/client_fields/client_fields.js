import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { PropertiesField, propertiesField } from "@web/views/fields/properties/properties_field";
import { PropertyValue } from "@web/views/fields/properties/property_value";

const NUMBERS = ["integer", "float", "monetary"];

/** A number that nobody gave is blank, not zero. */
export class ClientFieldValue extends PropertyValue {
    get isNumber() {
        return NUMBERS.includes(this.props.type);
    }

    get displayValue() {
        const isBlank = this.isNumber && !this.props.value && this.props.value !== 0;
        return isBlank ? "" : super.displayValue;
    }

    onValueChange(newValue) {
        if (this.isNumber && typeof newValue === "string" && !newValue.trim()) {
            return this.props.onChange(false);
        }
        return super.onValueChange(newValue);
    }
}

/**
 * The custom fields of a client or contact. Which of them are shown, and what is required, comes with the record
 * (client_fields_layout); all are saved, so that hidden ones keep their value. They are defined in the settings.
 */
export class ClientFields extends PropertiesField {
    static template = "nestogy_clients.ClientFields";
    static components = { ...PropertiesField.components, ClientFieldValue };

    get layout() {
        return this.props.record.data.client_fields_layout || {};
    }

    /** The shown fields under their headings. */
    get sections() {
        const sections = [{ title: "", fields: [] }];
        for (const property of this.propertiesList) {
            if (property.type === "separator") {
                sections.push({ title: property.string, fields: [] });
            } else if (property.name in this.layout) {
                sections.at(-1).fields.push({ ...property, ...this.layout[property.name] });
            }
        }
        const filled = sections.filter((section) => section.fields.length);
        if (filled.length > 1 || this.renderedColumnsCount === 1) {
            return filled;
        }
        // one heading alone takes the whole width, in two columns
        return filled.flatMap(({ title, fields }) => {
            const half = Math.ceil(fields.length / 2);
            return [
                { title, fields: fields.slice(0, half) },
                { title: title && "\u00a0", fields: fields.slice(half) },
            ];
        });
    }

    isMissing({ required, type, value }) {
        const isZero = value === 0 && NUMBERS.includes(type);
        return required && !isZero && (!value || value.length === 0);
    }

    async checkDefinitionWriteAccess() {
        return false;
    }

    _getPropertyEditWarningText() {
        return _t("Custom fields are defined under Clients > Configuration > Custom Fields.");
    }

    /** A tag that is typed for the first time, or gets another colour, is saved at once for all clients. */
    async onTagsChange(propertyName, newTags, newValue = null) {
        const properties = this.propertiesList;
        const property = properties.find((each) => each.name === propertyName);
        const before = property.tags || [];
        const changed = newTags.find(
            ([key, , color]) => !before.some((tag) => tag[0] === key && tag[2] === color)
        );
        if (!changed) {
            return;
        }
        const saved = await this.orm.call("nestogy.custom.field", "save_tag", [
            propertyName,
            changed[1],
            changed[2],
        ]);
        property.tags = [...before.filter((tag) => tag[0] !== saved[0]), saved];
        if (newValue !== null) {
            property.value = newValue.map((key) => (key === changed[0] ? saved[0] : key));
        }
        return this.props.record.update({ [this.props.name]: properties });
    }
}

export const clientFields = {
    ...propertiesField,
    component: ClientFields,
    displayName: _t("Custom Fields of Clients"),
    fieldDependencies: [{ name: "client_fields_layout", type: "json" }],
};

registry.category("fields").add("client_fields", clientFields);
