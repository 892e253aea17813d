// Ce que la page Données dit de la qualité : contrôles par leur nom, raisons de refus par leur code, et ce que le chargement a corrigé
// par ce que le serveur en dit en anglais.

const missing = (what) => ({
  title: `Valeurs absentes des ${what}`,
  summary: `Ce qui n’est pas connu des ${what} : pour chaque champ, combien n’ont pas de valeur. Une part de 100 % veut dire que les fichiers ne le disent jamais.`,
});

export const checks = {
  "customers-without-orders": {
    title: "Clients sans commande",
    summary: "Clients enregistrés qui n’ont jamais passé de commande, pas même une qui fut annulée.",
  },
  "days-without-orders": {
    title: "Jours sans commande",
    summary:
      "Jours, entre la première et la dernière commande, où rien n’a été commandé. Si la boutique était ouverte, ce jour manque peut-être dans les fichiers.",
  },
  "delivered-before-ordered": {
    title: "Livrées avant d’être commandées",
    summary:
      "Commandes dont la livraison est datée d’avant la commande même : l’une des deux dates est fausse. Sans heure, seuls les jours sont comparés.",
  },
  "delivered-before-shipped": {
    title: "Livrées avant d’être expédiées",
    summary:
      "Commandes dont la livraison est datée d’avant l’expédition : l’une des deux dates est fausse. Sans heure, seuls les jours sont comparés.",
  },
  "duplicate-customers": {
    title: "Clients peut-être identiques",
    summary:
      "Clients qui ont le nom et le code postal d’un autre : peut-être une seule personne sous plusieurs numéros, alors comptée plusieurs fois.",
  },
  "duplicate-orders": {
    title: "Commandes peut-être identiques",
    summary:
      "Commandes d’un même client, au même moment et du même montant, sous des numéros différents : peut-être une seule commande enregistrée deux fois, dont les ventes comptent double.",
  },
  "duplicate-products": {
    title: "Produits peut-être identiques",
    summary:
      "Produits qui ont le nom d’un autre : peut-être un seul produit sous plusieurs numéros, entre lesquels ses ventes sont réparties.",
  },
  "items-of-unknown-products": {
    title: "Articles de produits inconnus",
    summary:
      "Articles dont le numéro de produit n’est pas parmi les produits : ni leur nom ni leur catégorie ne sont connus.",
  },
  "items-of-unknown-sellers": {
    title: "Articles de vendeurs inconnus",
    summary:
      "Articles dont le vendeur n’est pas parmi les vendeurs. Ceux qui ne nomment aucun vendeur ne sont pas comptés ici.",
  },
  "items-without-category": {
    title: "Articles vendus sans catégorie",
    summary:
      "Articles vendus dont le produit n’a pas de catégorie : dans les ventes par catégorie, ils sont sur une ligne sans nom.",
  },
  "missing-in-customers": missing("clients"),
  "missing-in-items": missing("articles"),
  "missing-in-locations": missing("lieux"),
  "missing-in-orders": {
    title: missing("commandes").title,
    summary: `${missing("commandes").summary} Les jours n’y sont pas : ils ont une valeur là où leur heure en a une.`,
  },
  "missing-in-products": missing("produits"),
  "missing-in-sellers": missing("vendeurs"),
  "orders-at-unknown-locations": {
    title: "Commandes vers des lieux inconnus",
    summary:
      "Commandes dont le lieu n’est pas parmi les lieux : ni leur ville ni leur région ne sont connues. Celles qui ne nomment aucun lieu ne sont pas comptées ici.",
  },
  "orders-below-zero": {
    title: "Commandes aux ventes négatives",
    summary:
      "Commandes dont les ventes sont au-dessous de zéro : des retours, ou une remise plus grande que le prix.",
  },
  "orders-in-the-future": {
    title: "Commandes dans le futur",
    summary: "Commandes datées d’après ce contrôle : la date est fausse, ou le fuseau horaire.",
  },
  "orders-of-unknown-customers": {
    title: "Commandes de clients inconnus",
    summary:
      "Commandes dont le client n’est pas parmi les clients. Celles qui ne nomment aucun client ne sont pas comptées ici.",
  },
  "orders-without-items": {
    title: "Commandes sans article",
    summary:
      "Commandes dont aucun article n’est connu : elles comptent comme commandes mais n’ajoutent rien aux ventes. Le fichier de leurs articles n’a peut-être pas été chargé, ou ses lignes ont été refusées.",
  },
  "payments-differ": {
    title: "Paiements qui diffèrent de la commande",
    summary:
      "Commandes dont les paiements ne font pas, à un centime près, les ventes plus le port. Seules celles qui ont articles et paiements sont comparées.",
  },
  "products-never-sold": {
    title: "Produits jamais vendus",
    summary:
      "Produits que personne n’a achetés : ils ne sont dans aucune commande, ou seulement dans des commandes annulées ou jamais payées.",
  },
  "shipped-before-ordered": {
    title: "Expédiées avant d’être commandées",
    summary:
      "Commandes dont l’expédition est datée d’avant la commande même : l’une des deux dates est fausse. Sans heure, seuls les jours sont comparés.",
  },
};

export const reasons = {
  missing_key: "Clé absente",
  missing_value: "Valeur absente",
  bad_number: "Nombre illisible",
  bad_date: "Date illisible",
  bad_encoding: "Texte illisible",
  bad_value: "Valeur non admise",
  negative_price: "Prix négatif",
  unknown_reference: "Référence inconnue",
  duplicate_key: "Clé en double",
  too_many_columns: "Trop de colonnes",
  too_few_columns: "Trop peu de colonnes",
};

export const cleanings = {
  "values trimmed of spaces": "Valeurs débarrassées d’espaces",
  "rows with a padded value": "Lignes avec une valeur complétée",
  "rows with a repaired value": "Lignes avec une valeur réparée",
  "rows that are looked up in, with other values than their key's first row":
    "Lignes consultées par clé, avec d’autres valeurs que la première ligne de leur clé",
  "rows skipped: {reason}": "Lignes passées : {reason}",
  "lines summed into another of the same product": "Lignes ajoutées à une autre du même produit",
  "duplicate {kind}s dropped": "Doublons écartés : {kind}",
  "{kind} {field} differs from the first row's": "{kind} : « {field} » diffère de la première ligne",
  location: "lieu",
  customer: "client",
  product: "produit",
  seller: "vendeur",
  order: "commande",
  item: "article",
  payment: "paiement",
  review: "note",
};
