/**
 * Words that carry grammar rather than meaning. They part the candidate phrases of keyword extraction, are left out of
 * word counts, and (being the commonest words of their language) tell languages apart.
 */
export const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"] as const;
export type Language = (typeof LANGUAGES)[number];

const ENGLISH = `
  a about above after again against all almost along already also although always am among an and another any anyone
  anything are aren't around as at away be became because become been before began behind being below best better between
  beyond both but by came can can't cannot certain come could couldn't did didn't do does doesn't doing don't done down
  during each either else enough even ever every everyone everything far few first for from further gave get give given go
  gone good got great had hadn't has hasn't hath have haven't having he he'd he'll he's hence her here hers herself him
  himself his how however i i'd i'll i'm i've if in indeed instead into is isn't it it's its itself just keep kept know last
  least less let let's like likewise little long made make makes many may me might mine more moreover most much must my
  myself near nearly neither never next no nobody none nor not nothing now of off often on once one ones only onto or other
  others otherwise ought our ours ourselves out over own per perhaps quite rather really said same saw say see seem seemed
  seems seen several shall shan't she she'd she'll she's should shouldn't since so some someone something sometimes
  somewhat soon still such take taken than that that's the thee their theirs them themselves then thence there thereby
  therefore these they they'd they'll they're they've thing things this those thou though three through throughout thus thy
  till to together too took toward towards two under unless until up upon us used using usually very was wasn't way we
  we'd we'll we're we've well went were weren't what whatever when whenever where whereas wherever whether which while who
  whole whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours
  yourself yourselves`;

const GERMAN = `
  ab aber all alle allem allen aller allerdings alles als also am an ander andere anderem anderen anderer anderes anders
  auch auf aus außer außerdem bald bei beide beiden beim bereits besonders besser bevor bin bis bist bisher da dabei dadurch
  dafür dagegen daher dahin damals damit danach daneben dann daran darauf daraus darf darin darüber darum darunter das dass
  daß davon davor dazu dein deine deinem deinen deiner dem den denen denn dennoch der deren derer derselbe des deshalb
  dessen dich die dies diese dieselbe dieselben diesem diesen dieser dieses dir doch dort du durch dürfen ebenso ehe eher
  eigentlich ein einander eine einem einen einer eines einfach einige einigen einiger einmal er erst erste ersten es etwa
  etwas euch euer eure falls fast für ganz ganze ganzen gar gegen gegenüber gehen gemacht genug gerade gern gewesen gibt
  ging gleich gut habe haben hat hatte hatten hätte hätten her heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren
  ihrer ihres im immer in indem infolge innen ins irgend ist ja jede jedem jeden jeder jederzeit jedes jedoch jemals jemand
  jene jenem jenen jener jenes jetzt kam kann kannst kaum kein keine keinem keinen keiner kommen könne können könnte könnten
  lang lange lassen leider machen macht man manche manchem manchen mancher manchmal mehr mein meine meinem meinen meiner
  meist mich mir mit möchte mögen möglich muss mussten müssen musste nach nachdem nachher nämlich neben nein nicht nichts
  nie niemals niemand noch nun nur ob oben obwohl oder oft ohne schon sehr sei sein seine seinem seinen seiner seines seit
  seitdem selbst sich sie sind so sobald sodass sogar solange solche solchem solchen solcher sollen sollte sollten soll
  somit sondern sonst soweit sowie sowohl statt stets trotz trotzdem über überall um und uns unser unsere unserem unseren
  unserer unter usw viel viele vielem vielen vieler vielleicht vom von vor vorher während wann war wäre wären waren warum
  was weder weg wegen weil weit weiter welche welchem welchen welcher welches wem wen wenig wenige weniger wenn wer werde
  werden wes weshalb wessen wie wieder will wir wird wirklich wo wobei wodurch wohl wollen wollte worden wurde wurden würde
  würden zu zuerst zum zur zurück zusammen zwar zwei zwischen`;

const FRENCH = `
  à ai ainsi alors après au aucun aussi autre aux avait avant avec avoir bien c'est car ce cela ces cet cette ceux chaque
  comme d'un d'une dans de des deux dont du elle elles en encore entre est et était étaient été être fait fut il ils
  j'ai je jusqu'à l' la le les leur leurs lui mais me même mes moi mon n'a n'est ne ni non nos notre nous on ont ou où par
  parce pas peu peut plus pour pourquoi qu'elle qu'il quand que quel quelque qui quoi s'est sa sans se sera ses si son sont
  sous sur ta te tes toi ton tous tout toute toutes très tu un une vers vos votre vous y`;

const SPANISH = `
  a al algo alguien algunos ante antes aquel así aunque cada casi como con contra cual cuando de del desde después donde
  dos durante e el él ella ellas ellos en entre era eran es esa ese eso esta está estaba estado estas este esto estos fue
  fueron ha había hacer hace han hasta hay la las le les lo los más me mi mientras mis misma mismo mucho muy nada ni no nos
  nosotros o otra otro otros para pero poco por porque pues que qué quien se sea ser si sí sido siempre sin sobre son su
  sus también tan tanto te tenía tiene todo todos tu un una uno unos usted y ya yo`;

const ITALIAN = `
  a abbiamo ad ai al alla alle anche ancora avere aveva c'è che chi ci come con contro cosa così cui da dal dalla dalle
  degli dei del dell'altro della delle dello di dopo dove due e è ed era erano essere fa fra già gli ha hanno ho i il in io
  l'altro la le lei li lo loro lui ma me mentre mi mia mio molto ne nei nel nella nelle no noi non nostro o ogni oppure per
  perché più poi prima qual quale quando quanto quasi quello questa queste questi questo qui sarà se sempre senza si sia
  sono sopra sta stata stato su sua sue sui sul sulla suo tra tu tutta tutti tutto un un'altra una uno vi voi`;

const PORTUGUESE = `
  a ainda algum além ao aos apenas após aquela aquele as assim até cada com como contra cujo da das de dela dele deles
  depois desde do dois dos e é ela elas ele eles em enquanto então entre era eram essa esse esta está estava este eu foi
  for foram há isso isto já lhe mais mas me mesma mesmo meu minha muito muitos na não nas nem nessa nesta no nos nós nossa
  nosso num numa o onde os ou outra outro para pela pelas pelo pelos perante pode por porque quais qual quando que quem são
  se seja sem sempre ser será seu seus sido só sob sobre sua suas também tão tem têm tinha todo todos tudo um uma você`;

const DUTCH = `
  aan al alle alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge geen
  geweest haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me meer men met
  mij mijn moet na naar niet niets nog nu of om omdat ons ook onder onze op over reeds te tegen toch toen tot uit uw van
  veel voor want waren was wat we wel werd wezen wie wij wil worden wordt zal ze zelf zich zij zijn zo zonder zou`;

const LISTS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: listed(ENGLISH),
  de: listed(GERMAN),
  fr: listed(FRENCH),
  es: listed(SPANISH),
  it: listed(ITALIAN),
  pt: listed(PORTUGUESE),
  nl: listed(DUTCH),
};

/** Word keys (see `wordKey`). */
export function stopWords(language: Language): ReadonlySet<string> {
  return LISTS[language];
}

function listed(text: string): ReadonlySet<string> {
  return new Set(text.normalize("NFC").trim().split(/\s+/));
}
