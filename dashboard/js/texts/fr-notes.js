// Ce qu’une réponse dit d’elle-même, par ce que le serveur en dit en anglais.

export default {
  "Nothing has been loaded yet: kpi-load imports data.": "Rien n’a encore été chargé : kpi-load importe des données.",
  "The loaded data has no costs, so profit and margin are null.":
    "Les données chargées ne disent pas les coûts : bénéfice et marge sont inconnus.",
  "The loaded data tells neither discounts nor list prices, so discounts are null.":
    "Les données chargées ne disent ni remises ni prix de liste : les remises sont inconnues.",
  "The loaded data has no time of day.": "Les données chargées ne disent pas l’heure.",
  "The loaded data has no payments.": "Les données chargées n’ont pas de paiements.",
  "The loaded data has no reviews.": "Les données chargées n’ont pas de notes.",
  "The loaded data has no sellers.": "Les données chargées n’ont pas de vendeurs.",
  "The loaded data has no delivery dates.": "Les données chargées n’ont pas de dates de livraison.",
  "The loaded data has no days that deliveries were promised for, so none is on time or late.":
    "Les données chargées ne disent pas quel jour les livraisons étaient promises : aucune n’est à l’heure ni en retard.",
  "The loaded data has no coordinates of where orders come from and go to, so no distance is known.":
    "Les données chargées ne disent pas d’où partent les commandes et où elles vont : aucune distance n’est connue.",
  "The loaded data does not tell who bought.": "Les données chargées ne disent pas qui a acheté.",
  "The loaded data has no coordinates of where orders went, so nothing can be put on a map.":
    "Les données chargées n’ont pas de coordonnées des livraisons : rien ne peut être mis sur une carte.",
  "The loaded data does not tell what freight customers paid, so freight is null.":
    "Les données chargées ne disent pas le port que les clients ont payé : il est inconnu.",
  "The loaded data has no regions.": "Les données chargées n’ont pas de régions.",
  "The loaded data has no countries.": "Les données chargées n’ont pas de pays.",
  "The loaded data has no states.": "Les données chargées n’ont pas d’États.",
  "The loaded data has no cities.": "Les données chargées n’ont pas de villes.",
  "The loaded data has no customer segments.": "Les données chargées n’ont pas de segments de clients.",
  "The loaded data has no categories of products.": "Les données chargées n’ont pas de catégories de produits.",
  "The loaded data has no subcategories of products.": "Les données chargées n’ont pas de sous-catégories de produits.",
  "The range begins after the newest day in the data (last_day).":
    "La période commence après le jour le plus récent des données.",
  "The range ends before the first day in the data.": "La période finit avant le premier jour des données.",
  "as_of is after the newest day in the data (last_day), so a part of the range has no orders.":
    "Une partie de la période vient après le jour le plus récent des données : elle est sans commandes.",
  "Orders that are cancelled, unavailable or unpaid do not count as sales: this KPI leaves them out. order-status has them.":
    "Les commandes annulées, indisponibles ou impayées ne comptent pas comme ventes : cet indicateur les laisse de côté. « Commandes par statut » les a.",
  "{share} of the sales in these rows are of order lines whose cost is not known: profit is of the others (costed_sales).":
    "{share} des ventes de ces lignes sont d’articles dont le coût n’est pas connu : le bénéfice est celui des autres.",
  "A load changes the data, or was broken off: the answer may hold some of its orders already, and not others.":
    "Un chargement modifie les données, ou s’est interrompu : la réponse peut avoir une partie de ses commandes déjà, et d’autres non.",
  "A part": "Une partie",
  "Less than {amount}": "Moins de {amount}",
  "More than {amount}": "Plus de {amount}",
  "A load changes the data, or was broken off: the answer may hold some of its orders already, and not others.":
    "Un chargement modifie les données, ou s’est interrompu : la réponse peut déjà tenir compte d’une partie de ses commandes seulement.",
};
