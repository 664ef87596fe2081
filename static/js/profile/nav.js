// On phones the pages of the profile are a row that scrolls: the current one is brought into it.
document.querySelector(".profile-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
