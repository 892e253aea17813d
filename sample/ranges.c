/* The ranges of the shop: its categories and subcategories, one row each. */
#include "sample/catalog.h"

static const struct category categories[] = {
    {"Technology", {80, 70, 75, 70, 75, 75, 75, 90, 85, 80, 100, 100}},
    {"Furniture", {80, 75, 90, 95, 90, 85, 80, 80, 100, 90, 85, 70}},
    {"Office Supplies", {100, 85, 85, 80, 75, 70, 75, 100, 100, 85, 80, 75}},
    {"Kitchen", {75, 75, 75, 75, 85, 75, 70, 70, 75, 85, 100, 100}},
    {"Garden & Outdoor", {15, 25, 70, 100, 100, 95, 80, 60, 45, 25, 15, 15}},
    {"Sports", {100, 85, 80, 80, 90, 100, 100, 85, 75, 65, 70, 90}},
    {"Toys & Games", {40, 35, 35, 40, 40, 45, 50, 45, 45, 60, 100, 100}},
};

/* clang-format off */
static const struct subcategory subcategories[] = {
    /* name, Brazilian name, its translation, nouns, category, price, weight, cost in percent, bulk */
    {"Phones", "telefonia", "telephony", {"Phone", "Smartphone", "Desk Phone", "Headset"}, 0, 4900, 89900, 120, 900, 72, 3},
    {"Computers", "informatica", "computers", {"Laptop", "Mini PC", "Tablet", "Monitor, 27\""}, 0, 19900, 189900, 700, 6800, 84, 2},
    {"Accessories", "informatica_acessorios", "computers_accessories", {"Keyboard", "Mouse", "USB Hub", "Webcam"}, 0, 900, 12900, 60, 1100, 55, 5},
    {"Audio", "audio", "audio", {"Earbuds", "Speaker", "Turntable", "Soundbar"}, 0, 1900, 49900, 50, 5200, 62, 2},
    {"Printers", "impressao_imagem", NULL, {"Printer", "Scanner", "Label Printer", "Copier"}, 0, 8900, 149900, 3000, 21000, 80, 2},
    {"Chairs", "moveis_escritorio", "office_furniture", {"Chair", "Stool", "Task Chair", "Armchair"}, 1, 4900, 59900, 4000, 19000, 71, 6},
    {"Tables", "moveis_sala", "furniture_living_room", {"Table", "Desk", "Side Table", "Standing Desk"}, 1, 8900, 99900, 9000, 42000, 83, 3},
    {"Bookcases", "moveis_quarto", "furniture_bedroom", {"Bookcase", "Shelf", "Cabinet", "Sideboard"}, 1, 6900, 79900, 8000, 45000, 85, 2},
    {"Furnishings", "moveis_decoracao", "furniture_decor", {"Lamp", "Clock", "Picture Frame, 8\" x 10\"", "Cushion"}, 1, 700, 15900, 200, 4200, 56, 7},
    {"Paper", "papelaria", "stationery", {"Copy Paper", "Notebook", "Sticky Notes", "Index Cards, 3\" x 5\""}, 2, 299, 4900, 100, 2600, 48, 14},
    {"Binders", "artigos_de_arquivo", NULL, {"Binder, 1\"", "Binder, 2\"", "Divider Set", "Report Cover"}, 2, 199, 4400, 80, 1300, 47, 14},
    {"Pens", "artes", "art", {"Ballpoint Pen", "Marker", "Pencil Set", "Highlighter"}, 2, 149, 3900, 15, 420, 45, 14},
    {"Storage", "organizacao", "storage_organization", {"Storage Box", "File Crate", "Drawer Unit", "Label Set"}, 2, 900, 17900, 400, 8200, 68, 8},
    {"Cookware", "utilidades_domesticas", "housewares", {"Pan", "Stock Pot", "Baking Tray", "Knife Set"}, 3, 1500, 19900, 500, 4900, 60, 3},
    {"Small Appliances", "eletroportateis", "small_appliances", {"Toaster", "Blender", "Kettle", "Hand Mixer"}, 3, 2400, 29900, 900, 6500, 70, 2},
    {"Tableware", "cama_mesa_banho", "bed_bath_table", {"Plate Set", "Bowl", "Mug", "Carafe"}, 3, 600, 8900, 250, 3600, 52, 8},
    {"Coffee & Tea", "alimentos_bebidas", "food_drink", {"Espresso Beans", "Green Tea", "Grinder", "Filter Set"}, 3, 450, 9900, 100, 2200, 58, 8},
    {"Plants", "plantas", "plants", {"Olive Tree", "Fern", "Seed Mix", "Bulb Set"}, 4, 350, 7900, 50, 9000, 50, 6},
    {"Garden Tools", "ferramentas_jardim", "garden_tools", {"Pruner", "Spade", "Hose, 50'", "Rake"}, 4, 1100, 18900, 250, 7800, 63, 3},
    {"Outdoor Living", "casa_conforto", "home_comfort", {"Parasol", "Fire Bowl", "Hammock", "Lantern"}, 4, 1900, 39900, 700, 24000, 72, 3},
    {"Fitness", "esporte_lazer", "sports_leisure", {"Yoga Mat", "Dumbbell Set", "Skipping Rope", "Bench"}, 5, 900, 29900, 200, 25000, 61, 3},
    {"Camping", "acampamento", "camping", {"Tent", "Sleeping Bag", "Stove", "Backpack"}, 5, 2900, 44900, 400, 6900, 66, 3},
    {"Cycling", "ciclismo", "cycling", {"Helmet", "Bike Lock", "Pump", "Light Set"}, 5, 1200, 17900, 90, 2400, 59, 3},
    {"Board Games", "brinquedos", "toys", {"Board Game", "Card Game", "Chess Set", "Dice Game"}, 6, 900, 8900, 150, 2300, 54, 4},
    {"Building Sets", "cool_stuff", "cool_stuff", {"Brick Set", "Train Set", "Marble Run", "Model Kit"}, 6, 1400, 24900, 300, 3900, 65, 3},
    {"Puzzles", "quebra_cabecas", "puzzles", {"Puzzle", "Brain Teaser", "Jigsaw, 1000 Pieces", "Cube"}, 6, 700, 4900, 120, 1400, 49, 4},
};
/* clang-format on */

uint32_t category_count(void)
{
    return sizeof categories / sizeof categories[0];
}

const struct category *category_at(uint32_t category)
{
    return &categories[category];
}

uint32_t subcategory_count(void)
{
    return sizeof subcategories / sizeof subcategories[0];
}

const struct subcategory *subcategory_at(uint32_t subcategory)
{
    return &subcategories[subcategory];
}
