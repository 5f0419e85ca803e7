"""What the columns of a file of clients mean: our own headings, those that people write, those of other systems."""

import re
import unicodedata
from typing import NamedTuple

from .import_presets import PRESETS

ADDRESS = ("street", "street2", "zip", "city", "state", "country")
COLUMNS = (
    *("name", "is_company", "number", "status", "group", "manager"),
    *("email", "phone", "mobile", "fax", "website", "vat", "industry"),
    *ADDRESS,
    *(f"billing_{part}" for part in ADDRESS),
    *(f"delivery_{part}" for part in ADDRESS),
    *("tags", "notes"),
)
CONTACT_COLUMNS = (
    *("name", "name_title", "first_name", "last_name", "function", "department", "email", "phone", "mobile"),
)
CONTACTS = 9  # in the columns of one row
CONTACT_HEADER = re.compile(rf"^contact([1-{CONTACTS}])_({'|'.join(CONTACT_COLUMNS)})$")
REQUIRED = ("name",)
# characters of a cell, by what stands in it (an e-mail address after RFC 5321); indexes of the database hold some 2,700
# bytes, that is two names of four bytes a character
LENGTHS = {
    **dict.fromkeys(("name", "is_company", "status", "group", "manager", "industry"), 300),
    **dict.fromkeys(("first_name", "last_name"), 150),
    **dict.fromkeys(("name_title", "function", "department", "phone", "mobile", "fax", "vat", "zip"), 100),
    **dict.fromkeys(("street", "street2", "city", "state", "country", "website"), 500),
    **{"email": 254, "tags": 2000},
}
LONGEST = 10_000  # of all others
# any of these says what a client is called
NAMING = ("name", "contact1_name", "contact1_first_name", "contact1_last_name")


def longest(name):
    """How many characters a column may have.

    :param str name: of one of ours
    """
    contact = CONTACT_HEADER.match(name)
    part = contact[2] if contact else name.removeprefix("billing_").removeprefix("delivery_")
    return LENGTHS.get(part, LONGEST)


# headings as people write them, without accents and signs; English, German, French, Spanish, Italian, Dutch, Portuguese
SYNONYMS = {
    "name": (
        *("client", "client_name", "company", "company_name", "customer", "customer_name", "account", "account_name"),
        *("organization", "organization_name", "organisation", "business_name", "display_name", "kunde", "kundenname"),
        *("firma", "firmenname", "unternehmen", "nom", "societe", "entreprise", "raison_sociale", "nombre", "empresa"),
        *("cliente", "razon_social", "azienda", "ragione_sociale", "naam", "bedrijf", "bedrijfsnaam", "klant", "nome"),
    ),
    "is_company": ("company_or_person", "type", "client_type", "company_type", "art", "tipo"),
    "number": (
        *("client_id", "client_number", "client_no", "customer_number", "customer_no", "customer_id"),
        *("account_number", "kundennummer", "kunden_nr", "numero_client", "numero_de_cliente", "codice_cliente"),
        *("klantnummer", "numero_do_cliente"),
    ),
    "status": ("client_status", "stand", "statut", "estado_del_cliente", "stato"),
    "group": ("client_group", "customer_group", "gruppe", "kundengruppe", "groupe", "grupo", "gruppo", "groep"),
    "manager": (
        *("account_manager", "owner", "account_owner", "responsible", "salesperson", "betreuer", "verantwortlich"),
        *("kundenbetreuer", "responsable", "responsabile", "verantwoordelijke", "responsavel"),
    ),
    "email": (
        *("e_mail", "mail", "email_address", "e_mail_address", "e_mail_adresse", "courriel", "adresse_e_mail"),
        *("correo", "correo_electronico", "posta_elettronica", "e_mailadres", "indirizzo_email"),
    ),
    "phone": (
        *("telephone", "tel", "phone_number", "main_phone", "business_phone", "work_phone", "office_phone"),
        *("telefon", "telefonnummer", "telefono", "telefoon", "telefone", "numero_de_telephone"),
    ),
    "mobile": (
        *("mobile_phone", "cell", "cell_phone", "cellphone", "mobile_number", "handy", "mobil", "mobiltelefon"),
        *("portable", "movil", "celular", "cellulare", "mobiel", "telemovel"),
    ),
    "fax": ("fax_number", "business_fax", "telefax", "faxnummer", "telecopie"),
    "website": ("web", "url", "homepage", "web_page", "webseite", "site_web", "sitio_web", "sito_web", "site"),
    "vat": (
        *("tax_id", "vat_number", "vat_id", "tax_number", "ust_id", "ust_idnr", "umsatzsteuer_id", "steuernummer"),
        *("numero_de_tva", "tva", "nif", "cif", "partita_iva", "p_iva", "btw_nummer", "gst_number", "abn"),
    ),
    "industry": ("sector", "branche", "secteur", "settore", "sector_de_actividad"),
    "street": (
        *("address", "address_1", "address1", "address_line_1", "street_address", "street_1", "strasse", "anschrift"),
        *("adresse", "rue", "direccion", "calle", "indirizzo", "via", "adres", "straat", "endereco", "rua", "strae"),
    ),
    "street2": ("address_2", "address2", "address_line_2", "street_2", "adresszusatz", "complement_d_adresse"),
    "zip": (
        *("zip_code", "zipcode", "postal_code", "postcode", "post_code", "zip_postal_code", "plz", "postleitzahl"),
        *("code_postal", "codigo_postal", "cap", "cep"),
    ),
    "city": ("town", "ort", "stadt", "ville", "ciudad", "poblacion", "citta", "plaats", "stad", "cidade", "localidade"),
    "state": (
        *("province", "region", "county", "state_province", "state_region", "state_code", "bundesland", "provincia"),
        *("etat", "estado", "regione", "provincie"),
    ),
    "country": ("country_region", "country_code", "land", "staat", "pays", "pais", "paese", "nation"),
    "tags": ("tag", "labels", "categories", "category", "schlagworter", "kategorien", "etiquettes", "etiquetas"),
    "notes": (
        *("note", "comment", "comments", "description", "notiz", "notizen", "bemerkung", "bemerkungen", "remarques"),
        *("notas", "observaciones", "opmerkingen", "observacoes"),
    ),
}
CONTACT_SYNONYMS = {
    "name": (
        *("contact", "contact_name", "contact_person", "primary_contact", "main_contact", "full_name"),
        *("ansprechpartner", "ansprechperson", "kontakt", "personne_de_contact", "contacto", "contatto"),
        *("contactpersoon", "contato"),
    ),
    "name_title": ("salutation", "prefix", "anrede", "civilite", "tratamiento", "aanhef"),
    "first_name": ("firstname", "given_name", "forename", "vorname", "prenom", "nombre_de_pila", "voornaam"),
    "last_name": (
        "lastname",
        "surname",
        "family_name",
        "nachname",
        "nom_de_famille",
        "apellido",
        "apellidos",
        "cognome",
    ),
    "function": ("job_title", "position", "title", "role", "funktion", "fonction", "cargo", "puesto", "functie"),
    "department": ("abteilung", "departement", "departamento", "reparto", "afdeling"),
    "email": ("contact_email", "contact_e_mail"),
    "phone": ("contact_phone",),
    "mobile": ("contact_mobile",),
}
# names of Odoo's own columns, and of what nobody sets from a file
TECHNICAL = re.compile(
    r"^\.?id$"
    r"|^[.a-z_0-9]+(/[.a-z_0-9]+)+$"  # user_ids/login
    r"|^[a-z_0-9]+_ids?(/.*)?$"
    r"|^(create|write)_(uid|date)$"
    r"|^(password|login|signup_\w+|access_token|active|message_\w+|activity_\w+|property_\w+|client_fields.*)$"
)
ADDRESS_KINDS = {
    "billing": ("billing", "bill_to", "bill", "invoice", "rechnung", "rechnungs", "facturation", "facturacion"),
    "delivery": ("delivery", "shipping", "ship_to", "ship", "liefer", "lieferung", "livraison", "envio"),
}


class Column(NamedTuple):
    """One column of a file.

    :ivar heading: as it is written
    :ivar target: name of our column, or label of a custom field; empty when it is left out
    :ivar state: ``read``, ``custom``, ``unknown`` (not one of ours), ``taken`` (another column gives the same),
        ``technical`` (refused) or ``twice`` (refused: the same heading again)
    """

    heading: str
    target: str
    state: str


class Mapping(NamedTuple):
    """What the columns of a file mean.

    :ivar preset: key of the system from which the file comes, empty for none
    :ivar columns: a :class:`Column` for each heading, in order
    """

    preset: str
    columns: tuple

    @property
    def targets(self):
        return {column.target for column in self.columns if column.target}

    @property
    def refused(self):
        """The columns because of which the file is not imported."""
        return [column for column in self.columns if column.state in ("technical", "twice")]


def heading_key(text):
    """The one spelling of a heading, however a person writes it: lower case, no accents, words joined by ``_``."""
    text = text.lower().replace("ß", "ss").replace("ø", "o").replace("æ", "ae")
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def is_column_name(text):
    """Say whether a heading means a column that every file may have."""
    name = heading_key(text)
    return name in COLUMNS or bool(CONTACT_HEADER.match(name))


def is_technical(text):
    """Say whether a heading is a technical name that no file may set."""
    return bool(TECHNICAL.match(text.strip())) and not is_column_name(text)


def target_of(text):
    """The column of ours that a heading means, empty for none."""
    key = heading_key(text)
    if is_column_name(key):
        return key
    return SPELLINGS.get(key, "") or _numbered_contact(key)


def _numbered_contact(key):
    match = re.match(rf"^(?:contact|kontakt|ansprechpartner)_?([1-{CONTACTS}])(?:_(.+))?$", key)
    if not match:
        return ""
    part = match[2] or "name"
    for name in CONTACT_COLUMNS:
        if part == name or part in CONTACT_SYNONYMS[name] or part in SYNONYMS.get(name, ()):
            return f"contact{match[1]}_{name}"
    return ""


def _spellings():
    known = {}
    for name, words in CONTACT_SYNONYMS.items():
        known |= dict.fromkeys((*words, name), f"contact1_{name}")
    for name, words in SYNONYMS.items():
        known |= dict.fromkeys(words, name)
    for kind, prefixes in ADDRESS_KINDS.items():
        for part in ADDRESS:
            for word in (part, *SYNONYMS[part]):
                known |= {f"{prefix}_{word}": f"{kind}_{part}" for prefix in prefixes}
    return known


SPELLINGS = _spellings()


def find_preset(header):
    """The system whose export has these headings.

    :return: key of :data:`~.import_presets.PRESETS`, empty for none
    """
    keys = {heading_key(heading) for heading in header}
    found = [
        (len(signature), name)
        for name, preset in PRESETS.items()
        for signature in preset["signatures"]
        if set(signature) <= keys
    ]
    return max(found)[1] if found else ""


def map_header(header, custom=()):
    """Find out what each column of a file means.

    :param header: headings of the file
    :param custom: labels of the custom fields
    :return: :class:`Mapping`
    """
    labels = {heading_key(label): label for label in custom} | {label.lower(): label for label in custom}
    preset = find_preset(header)
    words = PRESETS[preset]["columns"] if preset else {}
    foreign = PRESETS[preset].get("foreign", ()) if preset else ()
    columns, seen = [], set()
    ranks = {}  # of targets: where in the preset's list, or in ours, the best heading for it stands
    for heading in header:
        key = heading_key(heading)
        target, state = "", "unknown"
        label = labels.get(heading.lower()) or labels.get(key)
        if label:
            target, state = label, "custom"
        elif key in words:
            target, state = words[key], "read"
        elif key in foreign:
            pass
        elif is_technical(heading):
            state = "unknown" if preset else "technical"
        elif target_of(heading):
            target, state = target_of(heading), "read"
        if target and key in seen and not preset:
            state = "twice"
        seen.add(key)
        columns.append(Column(heading, target, state))
        if target and state != "twice":
            rank = (0, list(words).index(key)) if key in words else (1, key != target, len(columns))
            ranks.setdefault(target, []).append((rank, len(columns) - 1))
    for places in ranks.values():
        for _rank, place in sorted(places)[1:]:
            columns[place] = Column(columns[place].heading, "", "taken")
    return Mapping(preset, tuple(columns))
