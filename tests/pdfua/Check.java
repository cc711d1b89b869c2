import java.io.FileInputStream;
import java.util.*;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;
import org.verapdf.pdfa.validation.profiles.*;

/** Each file by PDF/UA-1 (ISO 14289-1): a line for each rule that it breaks. Exit 0 when no file breaks one. */
public class Check {
    private static final String PROFILE = "/org/verapdf/pdfa/validation/PDFUA-1.xml";

    public static void main(String[] files) throws Exception {
        java.util.logging.LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        boolean good = files.length > 0;
        for (String file : files) {
            ValidationProfile profile = Profiles.profileFromXml(Check.class.getResourceAsStream(PROFILE));
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), PDFAFlavour.PDFUA_1);
                 PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
                for (ValidationResult result : validator.validateAll(parser)) {
                    good &= result.isCompliant();
                    Set<String> broken = new TreeSet<>();
                    for (TestAssertion found : result.getTestAssertions()) {
                        if (found.getStatus() != TestAssertion.Status.FAILED) continue;
                        broken.add("  " + found.getRuleId().getClause() + "-" + found.getRuleId().getTestNumber() + " " + found.getMessage());
                    }
                    String verdict = result.isCompliant() ? "complies with PDF/UA-1" : "does not comply";
                    System.out.println(file + " " + verdict + " (" + result.getTotalAssertions() + " checks)");
                    broken.forEach(System.out::println);
                }
            }
        }
        System.exit(good ? 0 : 1);
    }
}
